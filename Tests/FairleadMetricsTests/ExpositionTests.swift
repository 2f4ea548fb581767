import CoreMetrics
import FairleadMetricsTesting
import Testing

@testable import FairleadMetrics

/// The page as Prometheus reads it.
struct ExpositionTests {
    private func registry() -> MetricsRegistry {
        MetricsRegistry([
            MetricFamily("b_total", .counter, "Things, with a \\ and a\nline end."),
            MetricFamily("a_seconds", .histogram(bounds: [0.005, 0.1, 1]), "How long."),
            MetricFamily("c_depth", .gauge, "How many wait."),
            MetricFamily("d_unused_total", .counter, "Nothing has been counted."),
        ])
    }

    @Test func thePageIsWhatPrometheusReads() {
        let registry = registry()
        Counter(label: "b_total", dimensions: [("verb", "GET"), ("code", "200")], factory: registry).increment(by: 3)
        Counter(label: "b_total", dimensions: [("code", "404"), ("verb", "GET")], factory: registry).increment()
        Counter(label: "b_total", dimensions: [("verb", "a\"b\\c\nd"), ("code", "1")], factory: registry).increment()
        Counter(label: "d_unused_total", dimensions: [("verb", "GET")], factory: registry).increment(by: 0)
        let timer = Timer(label: "a_seconds", dimensions: [("zone", "z")], factory: registry)
        timer.recordNanoseconds(5_000_000)
        timer.recordNanoseconds(50_000_000)
        timer.recordNanoseconds(2_000_000_000)
        let meter = Meter(label: "c_depth", factory: registry)
        meter.increment(by: 2.5)
        meter.decrement()
        #expect(
            registry.text == #"""
                # HELP a_seconds How long.
                # TYPE a_seconds histogram
                a_seconds_bucket{zone="z",le="0.005"} 1
                a_seconds_bucket{zone="z",le="0.1"} 2
                a_seconds_bucket{zone="z",le="1"} 2
                a_seconds_bucket{zone="z",le="+Inf"} 3
                a_seconds_sum{zone="z"} 2.055
                a_seconds_count{zone="z"} 3
                # HELP b_total Things, with a \\ and a\nline end.
                # TYPE b_total counter
                b_total{code="1",verb="a\"b\\c\nd"} 1
                b_total{code="200",verb="GET"} 3
                b_total{code="404",verb="GET"} 1
                # HELP c_depth How many wait.
                # TYPE c_depth gauge
                c_depth 1.5

                """#)
    }

    @Test func whatCollectorsGiveStandsInItsFamily() throws {
        let registry = registry()
        registry.add { samples in
            samples.add("c_depth", 7, [("queue", "b")])
            samples.add("c_depth", 0.25, [("queue", "a")])
            samples.add("a_seconds", 1)
            samples.add("unknown", 1)
        }
        Meter(label: "c_depth", dimensions: [("queue", "c")], factory: registry).set(1)
        let page = try ExpositionPage(registry.text)
        #expect(page.samples == ["c_depth{queue=\"a\"}": 0.25, "c_depth{queue=\"b\"}": 7, "c_depth{queue=\"c\"}": 1])
    }

    @Test func theSameLabelsAreTheSameSeries() throws {
        let registry = registry()
        for labels in [[("a", "1"), ("b", "2")], [("b", "2"), ("a", "1")]] {
            Counter(label: "b_total", dimensions: labels, factory: registry).increment()
        }
        #expect(try ExpositionPage(registry.text).samples == ["b_total{a=\"1\",b=\"2\"}": 2])
    }

    @Test func beyondTheBoundAllShareOneSeries() throws {
        let registry = MetricsRegistry([
            MetricFamily("t_total", .counter, "T.", maximumSeries: 10),
            MetricFamily("h_seconds", .histogram(bounds: [1]), "H.", maximumSeries: 10),
        ])
        for number in 0..<1000 {
            Counter(label: "t_total", dimensions: [("name", "\(number)")], factory: registry).increment()
            Timer(label: "h_seconds", dimensions: [("name", "\(number)")], factory: registry).recordNanoseconds(1)
        }
        let samples = try ExpositionPage(registry.text).samples
        #expect(samples.count == 11 + 11 * 4)
        #expect(samples["t_total{name=\"other\"}"] == 990)
        #expect(samples["h_seconds_count{name=\"other\"}"] == 990)
    }

    @Test func whatIsNotDeclaredIsNotShown() {
        let registry = registry()
        Counter(label: "unknown_total", factory: registry).increment()
        Counter(label: "c_depth", factory: registry).increment()
        Timer(label: "b_total", factory: registry).recordNanoseconds(1)
        Meter(label: "a_seconds", factory: registry).set(1)
        #expect(registry.text.isEmpty)
    }

    @Test func everyThreadIsCounted() async throws {
        let registry = registry()
        let counter = Counter(label: "b_total", factory: registry)
        let timer = Timer(label: "a_seconds", factory: registry)
        let meter = Meter(label: "c_depth", factory: registry)
        await withDiscardingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        counter.increment()
                        timer.recordNanoseconds(1_000_000_000)
                        meter.increment()
                    }
                }
            }
        }
        let samples = try ExpositionPage(registry.text).samples
        #expect(samples["b_total"] == 8000)
        #expect(samples["c_depth"] == 8000)
        #expect(samples["a_seconds_count"] == 8000)
        #expect(samples["a_seconds_sum"] == 8000)
    }

    @Test(arguments: [
        (0.005, "0.005"), (1, "1"), (1.25, "1.25"), (60, "60"), (16000, "16000"), (999999, "999999"), (1e6, "1e+06"),
        (1e9, "1e+09"), (2.5e7, "2.5e+07"), (1e-8, "1e-08"), (1e-7, "1e-07"), (0.0001, "0.0001"),
        (0.00025, "0.00025"), (1.5e-5, "1.5e-05"), (1e21, "1e+21"), (123456789, "1.23456789e+08"),
    ])
    func boundsAreWrittenAsGoDoes(_ bound: Double, _ text: String) { #expect(ExpositionWriter.bound(bound) == text) }

    @Test func numbersOfNoSizeHaveNames() {
        #expect(
            [.nan, .infinity, -.infinity, 1e18, -3].map(ExpositionWriter.number) == [
                "NaN", "+Inf", "-Inf", "1e+18", "-3",
            ])
    }
}
