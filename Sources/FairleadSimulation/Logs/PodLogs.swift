package import FairleadModel

/// The logs of a simulated container: lines that such an image would write when it starts. Derived from the pod alone,
/// so that every call returns the same lines.
package enum PodLogs {
    package struct Options: Sendable, Hashable {
        /// Only lines from this time on.
        package var since: Timestamp?
        /// Only the last lines, this many.
        package var tail: Int?
        /// Whether each line begins with its time.
        package var showsTimestamps = false
        /// Whether to show the container's run before the last restart.
        package var isPrevious = false

        package init() {}
    }

    /// The log lines; empty for a container that has not started.
    ///
    /// - Parameter more: what the container has written since, sorted by time; lines older than the running instance
    ///   are left out.
    package static func lines(
        for pod: Value, container name: String, options: Options = Options(),
        more: [(time: Timestamp, line: String)] = []
    ) -> [String] {
        timedLines(for: pod, container: name, options: options, more: more).map {
            options.showsTimestamps ? "\(nanoseconds($0.time)) \($0.line)" : $0.line
        }
    }

    /// The same lines with their times.
    static func timedLines(
        for pod: Value, container name: String, options: Options,
        more: [(time: Timestamp, line: String)] = []
    ) -> [(time: Timestamp, line: String)] {
        let statuses = pod.items("status", "containerStatuses") + pod.items("status", "initContainerStatuses")
        guard let status = statuses.first(where: { $0.text("name") == name }) else { return [] }
        let state = options.isPrevious ? status["lastState"] : status["state"]
        let started = state?.at("running", "startedAt") ?? state?.at("terminated", "startedAt")
        guard let start = started?.string.flatMap({ Timestamp(rfc3339: $0) }) else { return [] }
        let specs = pod.items("spec", "containers") + pod.items("spec", "initContainers")
        let spec = specs.first { $0.text("name") == name } ?? .null
        var lines = text(of: spec, pod: pod, start: start).enumerated().map { index, line in
            (time: start.adding(seconds: Double(index) * 0.004 + 0.001), line: line)
        }
        if state?["running"] != nil { lines += more.filter { $0.time > start } }
        if let since = options.since { lines.removeAll { $0.time < since } }
        if let tail = options.tail { lines = lines.suffix(max(0, tail)) }
        return lines
    }

    private static func nanoseconds(_ time: Timestamp) -> String {
        let micro = time.rfc3339Micro.dropLast()
        let rest = String(1000 + Int(time.nanoseconds % 1000)).dropFirst()
        return "\(micro)\(rest)Z"
    }

    private static func text(of spec: Value, pod: Value, start: Timestamp) -> [String] {
        let image = spec.text("image")
        let repository = image.split(separator: "/").last.map(String.init) ?? image
        let product = repository.split(whereSeparator: { $0 == ":" || $0 == "@" }).first.map(String.init) ?? repository
        switch product {
        case "coredns": return coreDNS(pod)
        case "nginx", "my-nginx", "nginxhttps": return nginx(repository, start)
        default: return other(spec, start)
        }
    }

    private static func coreDNS(_ pod: Value) -> [String] {
        let sum = StableIdentifier.hex(of: "corefile", count: 128)
        return [
            ".:53", "[INFO] plugin/reload: Running configuration SHA512 = \(sum)", "CoreDNS-1.13.1",
            "linux/amd64, go1.25.2, 1db4568",
        ]
    }

    private static func nginx(_ repository: String, _ start: Timestamp) -> [String] {
        let tag = repository.split(separator: ":").dropFirst().first.map(String.init) ?? ""
        let version = tag.first?.isNumber == true ? tag.split(separator: "-").first.map(String.init) ?? tag : "1.29.1"
        let entry = "/docker-entrypoint.sh"
        let clock = start.rfc3339.dropLast().map { $0 == "-" ? "/" : $0 == "T" ? " " : $0 }
        let notice = "\(String(clock)) [notice] 1#1:"
        return [
            "\(entry): /docker-entrypoint.d/ is not empty, will attempt to perform configuration",
            "\(entry): Looking for shell scripts in /docker-entrypoint.d/",
            "\(entry): Launching /docker-entrypoint.d/10-listen-on-ipv6-by-default.sh",
            "10-listen-on-ipv6-by-default.sh: info: Enabled listen on IPv6 in /etc/nginx/conf.d/default.conf",
            "\(entry): Configuration complete; ready for start up",
            "\(notice) using the \"epoll\" event method", "\(notice) nginx/\(version)",
            "\(notice) OS: Linux 6.1.0-32-amd64", "\(notice) start worker processes",
            "\(notice) start worker process 29",
        ]
    }

    private static func other(_ spec: Value, _ start: Timestamp) -> [String] {
        var lines = ["\(start.rfc3339) starting \(spec.text("name")) from \(spec.text("image"))"]
        for port in spec.items("ports") {
            let transport = (port["protocol"]?.string ?? "TCP").lowercased()
            lines.append("\(start.rfc3339) listening on \(transport) port \(port["containerPort"]?.int ?? 0)")
        }
        return lines
    }
}
