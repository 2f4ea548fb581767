/// The definition of a metric: its name, its help text, and its kind.
package struct MetricFamily: Sendable {
    package enum Kind: Sendable, Equatable {
        /// Only goes up.
        case counter
        case gauge
        /// Counts how many observations were at most each bound. Bounds are ascending; `+Inf` is added.
        case histogram(bounds: [Double])
    }

    package var name: String
    package var help: String
    package var kind: Kind
    /// How many label sets get a series of their own. All further ones share one, whose labels all say `other`.
    package var maximumSeries: Int

    package init(_ name: String, _ kind: Kind, _ help: String, maximumSeries: Int? = nil) {
        self.name = name
        self.kind = kind
        self.help = help
        if case .histogram = kind {
            self.maximumSeries = maximumSeries ?? 256
        } else {
            self.maximumSeries = maximumSeries ?? 1024
        }
    }

    var typeName: String {
        switch kind {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }
}

extension [Double] {
    /// `count` bounds, each `factor` times the one before.
    package static func exponential(from first: Double, by factor: Double, count: Int) -> [Double] {
        var bounds: [Double] = []
        var bound = first
        for _ in 0..<count {
            bounds.append(bound)
            bound *= factor
        }
        return bounds
    }
}
