// Arithmetic that stops at the limits of its type instead of trapping, for every number that a client can set
// (replicas, seconds, percentages, revisions, counts in annotations), however well it was validated: objects written by
// older builds and other versions are read, too.
//
// A test (`Tests/ArchitectureTests/NumberRulesTests.swift`) finds bare `+ - *` on such numbers.

infix operator +| : AdditionPrecedence
infix operator -| : AdditionPrecedence
infix operator *| : MultiplicationPrecedence

extension FixedWidthInteger {
    /// The sum, clamped to the type.
    @inlinable
    package static func +| (left: Self, right: Self) -> Self {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? (right < 0 ? .min : .max) : sum
    }

    /// The difference, clamped to the type.
    @inlinable
    package static func -| (left: Self, right: Self) -> Self {
        let (difference, overflow) = left.subtractingReportingOverflow(right)
        return overflow ? (Self.isSigned && right < 0 ? .max : .min) : difference
    }

    /// The product, clamped to the type.
    @inlinable
    package static func *| (left: Self, right: Self) -> Self {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? ((left < 0) == (right < 0) ? .max : .min) : product
    }

    /// The number without its fraction, clamped to the type; zero for NaN.
    package init(saturating value: Double) {
        if let exact = Self(exactly: value.rounded(.towardZero)) {
            self = exact
        } else {
            self = value.isNaN ? 0 : value < 0 ? .min : .max
        }
    }
}

extension Sequence where Element: FixedWidthInteger {
    /// The sum of all elements, clamped to the type.
    package func saturatingSum() -> Element { reduce(0) { $0 +| $1 } }
}

extension Duration {
    /// That many seconds, clamped to a thousand years, because `Duration.seconds` traps on overflow. Zero for NaN.
    package static func seconds(saturating seconds: Double) -> Duration {
        let limit = 3.2e10
        return seconds.isNaN ? .zero : .seconds(min(max(seconds, -limit), limit))
    }
}

extension Value {
    /// For a field that has 32 bits in Kubernetes: the number, clamped to them.
    package static func int32(_ number: Int64) -> Value { .int(Int64(Int32(clamping: number))) }
}
