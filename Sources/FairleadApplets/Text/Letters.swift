extension UInt8 {
    /// Whether it is a digit of ASCII.
    package var isDigit: Bool { self >= 48 && self <= 57 }
    /// Whether it is a letter of ASCII.
    var isLetter: Bool { self >= 65 && self <= 90 || self >= 97 && self <= 122 }
    /// Whether the name of a variable may begin with it.
    package var isNameStart: Bool { isLetter || self == UInt8(ascii: "_") }
    /// Whether the name of a variable may have it behind the first.
    package var isNamePart: Bool { isNameStart || isDigit }
}

extension String {
    /// Whether a variable may have this name.
    package var isName: Bool {
        guard let first = utf8.first, first.isNameStart else { return false }
        return utf8.allSatisfy(\.isNamePart)
    }

    /// The text that scalars make.
    package init(_ scalars: [Unicode.Scalar]) {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        self = String(view)
    }

    /// The text that scalars make from the last to the first.
    package init(_ scalars: ReversedCollection<ArraySlice<Unicode.Scalar>>) { self.init(Array(scalars)) }
}
