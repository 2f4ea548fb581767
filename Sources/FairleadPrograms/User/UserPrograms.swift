package import FairleadContainers
import FairleadModel

/// Programs that users describe in a file (`--programs FILE`); the format is in docs/programs.md:
///
///     programs:
///     - image: "example.com/shop/*"     # `*` stands for any text; matched with and without registry and tag
///       container: web                  # optional, also a pattern
///       readyAfter: 5s                  # HTTP answers 503 before that
///       exitAfter: 1m                   # without it, it runs until it is told to end
///       exitCode: 3
///       reason: OOMKilled               # of the end, instead of Completed or Error
///       terminationMessage: "text"
///       crash: {after: 2s, exitCode: 1, times: 3}    # the first three runs of each container
///       terminateCode: 0                # the exit code after TERM; 143 without it
///       ignoreTerminate: true           # KILL ends it after the grace period
///       log:
///       - {line: "listening", after: 1s, every: 10s, times: 5, stderr: true}
///       http:
///       - {port: 8080, path: "/api/*", method: GET, status: 200, body: "ok", headers: {X-A: b}, delay: 100ms}
///
/// The first entry that fits a container is its program.
package struct UserPrograms: Sendable {
    /// What is wrong with the file; names the line, or the field.
    package typealias Fault = FieldFault

    private static let maximumPrograms = 1000
    /// Lines that come more often than this would fill the log with nothing else.
    private static let shortestPause = Duration.milliseconds(10)

    private let programs: [UserProgram]
    private let runs = RunCounter()

    package init(yaml: String) throws(Fault) {
        let parsed: JSON.Parsed
        do throws(YAML.ParseError) {
            parsed = try YAML.parse(Array(yaml.utf8))
        } catch {
            throw Fault(message: error.message)
        }
        if let line = parsed.duplicateLines.first { throw Fault(message: "yaml: \(line)") }
        var top = try Fields(parsed.value, at: "")
        var programs: [UserProgram] = []
        for (index, item) in (try top.list("programs", limit: Self.maximumPrograms)).enumerated() {
            programs.append(try Self.program(item, at: "programs[\(index)]"))
        }
        try top.finish()
        self.programs = programs
    }

    package var count: Int { programs.count }

    /// The program of a container; nil if the file says nothing about it.
    package func program(image: String, container: String) -> (any Program)? {
        find(image, container).map { UserProgramRunner(program: $0, runs: runs) }
    }

    /// How long a container of an image is not ready after its start, for pods without a readiness probe.
    package func readyAfter(image: String, container: String) -> Duration? { find(image, container)?.readyAfter }

    private func find(_ image: String, _ container: String) -> UserProgram? {
        // A name that cannot be read is compared as it is written.
        let reference = try? ImageReference(image)
        return programs.first { program in
            let fits =
                reference.map { ImagePull.matches(program.image, image, $0) } ?? Wildcard.matches(program.image, image)
            return fits && program.container.map { Wildcard.matches($0, container) } ?? true
        }
    }

    // MARK: - reading

    private static func program(_ value: Value, at path: String) throws(Fault) -> UserProgram {
        var fields = try Fields(value, at: path)
        var program = UserProgram()
        guard let image = try fields.text("image"), !image.isEmpty else {
            throw Fault(message: "\(path).image: must name an image, or a pattern of images")
        }
        program.image = image
        program.container = try fields.text("container")
        program.exitAfter = try fields.duration("exitAfter")
        program.exitCode = Int32(try fields.number("exitCode", 0...255) ?? 0)
        program.reason = try fields.text("reason")
        program.terminationMessage = try fields.text("terminationMessage")
        program.readyAfter = try fields.duration("readyAfter")
        program.ignoresTerminate = try fields.truth("ignoreTerminate") ?? false
        program.terminateCode = Int32(try fields.number("terminateCode", 0...255) ?? 143)
        if let crash = try fields.object("crash") {
            var inner = try Fields(crash, at: "\(path).crash")
            program.crash = UserProgram.Crash(
                after: try inner.duration("after") ?? .seconds(1),
                exitCode: Int32(try inner.number("exitCode", 0...255) ?? 1),
                times: try inner.number("times", 1...1_000_000))
            try inner.finish()
        }
        for (index, item) in try fields.list("log", limit: 100).enumerated() {
            program.log.append(try line(item, at: "\(path).log[\(index)]"))
        }
        for (index, item) in try fields.list("http", limit: 100).enumerated() {
            program.http.append(try route(item, at: "\(path).http[\(index)]"))
        }
        try fields.finish()
        return program
    }

    private static func line(_ value: Value, at path: String) throws(Fault) -> UserProgram.Line {
        var fields = try Fields(value, at: path)
        guard let text = try fields.text("line") else { throw Fault(message: "\(path).line: is missing") }
        var line = UserProgram.Line(text: text)
        line.after = try fields.duration("after") ?? .zero
        line.every = try fields.duration("every").map { max($0, shortestPause) }
        line.times = try fields.number("times", 1...1_000_000_000)
        line.isError = try fields.truth("stderr") ?? false
        if line.times != nil, line.every == nil { throw Fault(message: "\(path).times: needs every") }
        try fields.finish()
        return line
    }

    private static func route(_ value: Value, at path: String) throws(Fault) -> UserProgram.Route {
        var fields = try Fields(value, at: path)
        guard let port = try fields.number("port", 1...65_535) else { throw Fault(message: "\(path).port: is missing") }
        var route = UserProgram.Route(port: UInt16(clamping: port))
        route.path = try fields.text("path") ?? "*"
        guard route.path.hasPrefix("/") || route.path.hasPrefix("*") else {
            throw Fault(message: "\(path).path: must begin with / or *")
        }
        route.method = try fields.text("method")?.uppercased()
        route.status = try fields.number("status", 200...599) ?? 200
        route.body = try fields.text("body") ?? ""
        route.delay = try fields.duration("delay") ?? .zero
        for (name, value) in try fields.object("headers")?.object ?? [:] {
            guard let text = value.string, !name.isEmpty, !(name + text).contains(where: { $0.isNewline }) else {
                throw Fault(message: "\(path).headers.\(name): must be a text of one line")
            }
            route.headers[name] = text
        }
        try fields.finish()
        return route
    }
}
