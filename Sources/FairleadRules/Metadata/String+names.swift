extension String {
    /// A generated name's prefix may end in a dash; rules for whole names may not see it.
    package var maskingTrailingDash: String { count > 1 && hasSuffix("-") ? String(dropLast()) + "a" : self }
}
