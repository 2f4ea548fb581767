extension String {
    /// The text without Unicode's white space at its ends, as Go's `strings.TrimSpace` gives it.
    package var withoutOuterSpace: String {
        let scalars = unicodeScalars
        guard let start = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let end = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[start...end])
    }
}
