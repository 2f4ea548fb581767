// Arithmetic that stops at the ends of its type instead of trapping: the one to use on whatever a client can set
// (replicas, seconds, percentages, revisions, counts of annotations), however well it was validated. Objects of older
// builds and of other versions are read too.
//
// A test (`Tests/ArchitectureTests/NumberRulesTests.swift`) finds bare `+ - *` on such numbers.

infix operator +| : AdditionPrecedence
infix operator -| : AdditionPrecedence
infix operator *| : MultiplicationPrecedence

extension FixedWidthInteger {
    /// The sum, or the end of the type that it lies beyond.
    @inlinable
    package static func +| (left: Self, right: Self) -> Self {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? (right < 0 ? .min : .max) : sum
    }

    /// The difference, or the end of the type that it lies beyond.
    @inlinable
    package static func -| (left: Self, right: Self) -> Self {
        let (difference, overflow) = left.subtractingReportingOverflow(right)
        return overflow ? (Self.isSigned && right < 0 ? .max : .min) : difference
    }

    /// The product, or the end of the type that it lies beyond.
    @inlinable
    package static func *| (left: Self, right: Self) -> Self {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? ((left < 0) == (right < 0) ? .max : .min) : product
    }

    /// The number without its fraction, cut to the type; zero for no number.
    package init(saturating value: Double) {
        if let exact = Self(exactly: value.rounded(.towardZero)) {
            self = exact
        } else {
            self = value.isNaN ? 0 : value < 0 ? .min : .max
        }
    }
}

extension Sequence where Element: FixedWidthInteger {
    /// All of them together, or the end of the type.
    package func saturatingSum() -> Element { reduce(0) { $0 +| $1 } }
}

extension Duration {
    /// So many seconds, at most a thousand years: `Duration.seconds` traps on what does not fit. Zero for no number.
    package static func seconds(saturating seconds: Double) -> Duration {
        let limit = 3.2e10
        return seconds.isNaN ? .zero : .seconds(min(max(seconds, -limit), limit))
    }
}
