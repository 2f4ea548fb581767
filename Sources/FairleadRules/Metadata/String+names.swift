extension String {
    /// Hides the trailing dash that a `generateName` prefix may have, so that rules for whole names can be applied.
    package var maskingTrailingDash: String { count > 1 && hasSuffix("-") ? String(dropLast()) + "a" : self }
}
