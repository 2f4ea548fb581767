package import CoreMetrics
import Synchronization

/// The backend of swift-metrics: keeps what is recorded, and exposes it to Prometheus.
///
/// Handles are looked up once, where they are created (`Counter(label:dimensions:factory:)`), and the same name and
/// labels give the same series. Recording is an atomic addition; for distributions it takes a short lock. A series
/// appears with its first recording, as in Prometheus' client libraries.
///
/// Bounded: beyond `MetricFamily.maximumSeries` label sets, a family counts the rest in one series whose labels all say
/// `other`. Recordings under an undeclared name, or of another kind than declared, do not appear.
package final class MetricsRegistry: MetricsFactory {
    /// Adds values that are kept elsewhere anyway; called when the page is built.
    package typealias Collector = @Sendable (inout MetricSamples) -> Void

    private struct State {
        var families: [String: Family] = [:]
        var collectors: [Collector] = []
    }

    private struct Family {
        let family: MetricFamily
        var series: [String: Series] = [:]

        init(_ family: MetricFamily) { self.family = family }
    }

    enum Series: Sendable {
        case counter(CounterSeries)
        case gauge(GaugeSeries)
        case histogram(HistogramSeries)
    }

    private let state: Mutex<State>

    /// - Parameter families: all families. If two have the same name, the later one counts.
    package init(_ families: [MetricFamily]) {
        var state = State()
        for family in families { state.families[family.name] = Family(family) }
        self.state = Mutex(state)
    }

    /// The names of all families.
    package var names: Set<String> { state.withLock { Set($0.families.keys) } }

    /// The collector is called for each page, possibly by several threads at once. It must be quick: pages are built on
    /// the event loop that received the request.
    package func add(collector: @escaping Collector) { state.withLock { $0.collectors.append(collector) } }

    // MARK: - MetricsFactory

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let series = find(label, dimensions) { family in
            family.kind == .counter ? .counter(CounterSeries()) : nil
        }
        if case .counter(let counter) = series { return counter }
        return CounterSeries()
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        aggregate ? histogram(label, dimensions) : gauge(label, dimensions)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions)
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeSeries {
        let series = find(label, dimensions) { family in family.kind == .gauge ? .gauge(GaugeSeries()) : nil }
        if case .gauge(let gauge) = series { return gauge }
        return GaugeSeries()
    }

    private func histogram(_ label: String, _ dimensions: [(String, String)]) -> HistogramSeries {
        let series = find(label, dimensions) { family in
            guard case .histogram(let bounds) = family.kind else { return nil }
            return .histogram(HistogramSeries(bounds: bounds))
        }
        if case .histogram(let histogram) = series { return histogram }
        return HistogramSeries(bounds: [])
    }

    /// Series are kept: what was counted once is part of every later page. Their number is bounded.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    private func find(
        _ name: String, _ dimensions: [(String, String)], _ make: (MetricFamily) -> Series?
    ) -> Series? {
        let labels = LabelText.make(dimensions)
        return state.withLock { state in
            guard let family = state.families[name] else { return nil }
            if let known = family.series[labels] { return known }
            var place = labels
            if family.series.count >= family.family.maximumSeries {
                place = LabelText.make(dimensions.map { ($0.0, LabelText.overflow) })
                if let known = family.series[place] { return known }
            }
            let made = make(family.family)
            state.families[name]?.series[place] = made
            return made
        }
    }

    // MARK: - the page

    /// All metrics in Prometheus' text format (version 0.0.4): one block per family, sorted by name.
    package var text: String {
        let (families, collectors) = state.withLock { state in
            (state.families.values.map { ($0.family, $0.series) }, state.collectors)
        }
        var collected = MetricSamples()
        for collector in collectors { collector(&collected) }
        var page = ExpositionWriter()
        for (family, series) in families.sorted(by: { $0.0.name < $1.0.name }) {
            page.write(family, series, collected.values[family.name] ?? [])
        }
        return page.text
    }
}

/// The values that collectors add.
package struct MetricSamples {
    fileprivate(set) var values: [String: [(labels: String, value: String)]] = [:]

    /// - Parameter name: the name of a declared counter or gauge; values of other names do not appear.
    package mutating func add(_ name: String, _ value: Int, _ labels: [(String, String)] = []) {
        values[name, default: []].append((LabelText.make(labels), String(value)))
    }

    package mutating func add(_ name: String, _ value: Double, _ labels: [(String, String)] = []) {
        values[name, default: []].append((LabelText.make(labels), ExpositionWriter.number(value)))
    }
}
