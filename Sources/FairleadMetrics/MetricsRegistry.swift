package import CoreMetrics
import Synchronization

/// The backend of swift-metrics: keeps what is recorded, and shows it to Prometheus.
///
/// Handles are looked up once, where they are made (`Counter(label:dimensions:factory:)`), and the same name and labels
/// give the same series. Recording is an atomic addition, for distributions a short lock. A series is shown from its
/// first recording on, as the client libraries of Prometheus do it.
///
/// Bounded: beyond `MetricFamily.maximumSeries` sets of labels a family counts the rest in one series whose labels all
/// say `other`. What is recorded under a name that is not declared, or as something that it is not, is not shown.
package final class MetricsRegistry: MetricsFactory {
    /// What `collect` calls add up to: values that somebody keeps anyway, read when the page is made.
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

    /// - Parameter families: all there are. Of two of the same name the later counts.
    package init(_ families: [MetricFamily]) {
        var state = State()
        for family in families { state.families[family.name] = Family(family) }
        self.state = Mutex(state)
    }

    /// The names of all families.
    package var names: Set<String> { state.withLock { Set($0.families.keys) } }

    /// The collector is called for each page, possibly from several threads at once. It must be quick: a page is made
    /// on the event loop that was asked for it.
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

    /// Series stay: what was counted once is part of every later page. There are only so many of them.
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

    /// Everything, in the text format of Prometheus (version 0.0.4): one block a family, in the order of names.
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

/// Values that collectors give.
package struct MetricSamples {
    fileprivate(set) var values: [String: [(labels: String, value: String)]] = [:]

    /// - Parameter name: of a declared family that is a counter or a gauge; whatever else is not shown.
    package mutating func add(_ name: String, _ value: Int, _ labels: [(String, String)] = []) {
        values[name, default: []].append((LabelText.make(labels), String(value)))
    }

    package mutating func add(_ name: String, _ value: Double, _ labels: [(String, String)] = []) {
        values[name, default: []].append((LabelText.make(labels), ExpositionWriter.number(value)))
    }
}
