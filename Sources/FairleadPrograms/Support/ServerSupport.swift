import FairleadContainers
import FairleadModel

/// Why a server has to end.
enum ServerEnd: Sendable, Hashable {
    case signal(ProcessSignal)
    /// A request asked for it.
    case exit(ExitStatus)
    /// KILL, or the end of the container.
    case cancelled
}

/// Lets a request end the process that answers it.
struct ExitRequest: Sendable {
    private let stream: AsyncStream<ExitStatus>
    private let continuation: AsyncStream<ExitStatus>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1)) }

    func exit(_ status: ExitStatus) { continuation.yield(status) }

    /// Waits for a signal of these, or a request to end.
    func wait(_ process: Process, for signals: Set<ProcessSignal> = [.terminate, .interrupt]) async -> ServerEnd {
        let stream = stream
        let inbox = process.signals
        return await withTaskGroup(of: ServerEnd.self) { group in
            group.addTask {
                while let signal = await inbox.next() {
                    if signals.contains(signal) { return .signal(signal) }
                }
                return .cancelled
            }
            group.addTask {
                for await status in stream { return .exit(status) }
                return .cancelled
            }
            let first = await group.next() ?? .cancelled
            group.cancelAll()
            return first
        }
    }
}

/// The ports that a server has open.
struct OpenPorts: Sendable {
    private(set) var all: [any Listening] = []

    mutating func add(_ port: any Listening) { all.append(port) }

    func close() { for port in all { port.close() } }
}

extension OpenPorts {
    /// Serves HTTP on a port; what is no HTTP is refused as Go's server refuses it.
    mutating func serveWeb(
        _ process: Process, port: UInt16, address: IPAddress? = nil,
        _ respond: @escaping @Sendable (WebRequest) async -> WebResponse?
    ) throws(NetworkError) {
        let now = process.world.now
        add(
            try process.world.network.listen(on: port, address: address) { connection in
                await WebServer.serve(connection, now: now, bodyLimit: 1 << 20, respond)
            })
    }
}

extension Process {
    var arguments1: [String] { Array(arguments.dropFirst()) }

    /// A line on the standard error with the date of Go's log package.
    func goLog(_ text: String) async { await complain("\(GoText.logDate(world.now())) \(text)") }

    /// What Go programs say when they cannot bind.
    func bindFailure(_ port: UInt16, _ error: NetworkError, transport: String = "tcp") async -> ExitStatus {
        await goLog("listen \(transport) :\(port): bind: \(error.goDescription)")
        return .failure
    }
}

extension WebResponse {
    /// A body of which Go's server guesses the type.
    static func sniffed(_ status: Int = 200, _ text: String) -> WebResponse {
        let start = text.drop { $0 == " " || $0 == "\n" || $0 == "\t" || $0 == "\r\n" }.prefix(16).lowercased()
        let tags = [
            "<!doctype html", "<html", "<head", "<body", "<script", "<table", "<a", "<div", "<h1", "<p", "<br", "<!--",
        ]
        let isHTML = tags.contains { tag in
            guard start.hasPrefix(tag) else { return false }
            let next = start.dropFirst(tag.count).first
            return tag == "<!--" || next == " " || next == ">"
        }
        return WebResponse(status, text: text, type: "\(isHTML ? "text/html" : "text/plain"); charset=utf-8")
    }

    static func json(_ status: Int = 200, _ text: String) -> WebResponse {
        WebResponse(status, text: text, type: "application/json")
    }

    /// What Go's mux says of paths that it does not know.
    static var goNotFound: WebResponse {
        var response = WebResponse(404, text: "404 page not found\n")
        response.headers.append(("X-Content-Type-Options", "nosniff"))
        return response
    }

    static func redirect(_ status: Int = 302, to location: String, isGet: Bool = true) -> WebResponse {
        var response = WebResponse(status, headers: [("Location", location)])
        if isGet {
            response.headers.append(("Content-Type", "text/html; charset=utf-8"))
            response.body = Array("<a href=\"\(location.htmlEscaped)\">\(phrase(of: status))</a>.\n\n".utf8)
        }
        return response
    }
}

extension String {
    /// As Go's html.EscapeString.
    var htmlEscaped: String {
        var result = ""
        for character in self {
            switch character {
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "\"": result += "&#34;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
        return result
    }
}
