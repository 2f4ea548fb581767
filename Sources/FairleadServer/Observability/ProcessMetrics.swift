import FairleadMetrics
import FairleadModel
import Foundation

/// The process metrics that every Prometheus client library exposes, and the version.
enum ProcessMetrics {
    static let families: [MetricFamily] = [
        MetricFamily("process_cpu_seconds_total", .counter, "CPU time of user and system."),
        MetricFamily("process_resident_memory_bytes", .gauge, "Resident memory."),
        MetricFamily("process_start_time_seconds", .gauge, "When the process began, in seconds since 1970."),
        MetricFamily("process_open_fds", .gauge, "Open files and sockets."),
        MetricFamily("kubernetes_build_info", .gauge, "The Kubernetes release whose behaviour is shown; always 1."),
    ]

    /// Collects what the system provides; without /proc, some values are missing.
    /// - Parameter start: when the server started.
    static func collect(into samples: inout MetricSamples, start: Timestamp) {
        samples.add("process_start_time_seconds", Double(start.seconds) + Double(start.nanoseconds) / 1e9)
        samples.add(
            "kubernetes_build_info", 1,
            [("git_version", FairleadVersion.kubernetes), ("fairlead_version", FairleadVersion.current)])
        var time = timespec()
        if clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 {
            samples.add("process_cpu_seconds_total", Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)
        }
        // The second number is how many pages are resident.
        if let statm = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
            let pages = statm.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        {
            samples.add("process_resident_memory_bytes", pages * Int(sysconf(Int32(_SC_PAGESIZE))))
        }
        // Without /proc, there is no value.
        if let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            samples.add("process_open_fds", files.count)
        }
    }
}
