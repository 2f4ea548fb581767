import FairleadContainers
import FairleadModel

/// python, as far as `python -m http.server` goes.
struct Python: Program {
    private static let version = "3.13.7"

    func run(_ process: Process) async -> ExitStatus {
        let arguments = process.arguments1.filter { $0 != "-u" }
        if arguments.first == "--version" || arguments.first == "-V" {
            await process.print("Python \(Self.version)")
            return .success
        }
        guard arguments.count >= 2, arguments[0] == "-m", ["http.server", "SimpleHTTPServer"].contains(arguments[1])
        else {
            return await UnreadScript(language: "python").run(process)
        }
        var port: UInt16 = 8000
        var root = process.workingDirectory
        var rest = arguments.dropFirst(2)
        while let word = rest.popFirst() {
            switch word {
            case "-d", "--directory": root = process.path(rest.popFirst() ?? "")
            case "-b", "--bind", "-p", "--protocol": _ = rest.popFirst()
            default:
                guard let number = UInt16(word) else {
                    await process.complain(
                        "usage: server.py [-h] [--cgi] [-b ADDRESS] [-d DIRECTORY] [-p VERSION] [port]\n"
                            + "server.py: error: argument port: invalid int value: '\(word)'")
                    return ExitStatus(2)
                }
                port = number
            }
        }
        return await serve(process, port, root)
    }

    private func serve(_ process: Process, _ port: UInt16, _ root: String) async -> ExitStatus {
        var ports = OpenPorts()
        defer { ports.close() }
        do throws(NetworkError) {
            try ports.serveWeb(process, port: port) { request in
                var response = Self.respond(request, process, root)
                response.headers.insert(("Server", "SimpleHTTP/0.6 Python/\(Self.version)"), at: 0)
                let date = WebLog.date(process.world.now())
                let day = date.prefix(11) + " " + date.dropFirst(12).prefix(8)
                let peer = request.peer?.address.description ?? "-"
                await process.complain(
                    "\(peer) - - [\(day)] \"\(request.method) \(request.target) HTTP/1.1\" \(response.status) -")
                return response
            }
        } catch {
            await process.complain("OSError: [Errno 98] \(error)")
            return .failure
        }
        await process.print("Serving HTTP on 0.0.0.0 port \(port) (http://0.0.0.0:\(port)/) ...")
        while let signal = await process.signals.next() {
            if signal == .interrupt {
                await process.print("\nKeyboard interrupt received, exiting.")
                return .success
            }
            if signal == .terminate { return ExitStatus(143) }
        }
        return .killed
    }

    private static func respond(_ request: WebRequest, _ process: Process, _ root: String) -> WebResponse {
        guard ["GET", "HEAD"].contains(request.method) else {
            return failure(501, "Unsupported method ('\(request.method)')")
        }
        let path = StaticFiles.path(of: request)
        switch StaticFiles.find("\(root)/\(path)", process) {
        case .missing, .denied: return failure(404, "File not found")
        case .file(let bytes, let status):
            let type = StaticFiles.type(of: path) ?? "application/octet-stream"
            return WebResponse(
                200, headers: [("Content-type", type), ("Last-Modified", status.modified.httpDate)], body: bytes)
        case .directory(let names):
            guard path.hasSuffix("/") else { return WebResponse(301, headers: [("Location", path + "/")]) }
            if case .file(let bytes, _) = StaticFiles.find("\(root)/\(path)/index.html", process) {
                return WebResponse(200, headers: [("Content-type", "text/html")], body: bytes)
            }
            let title = "Directory listing for \(path.htmlEscaped)"
            let lines = names.map { "<li><a href=\"\($0.htmlEscaped)\">\($0.htmlEscaped)</a></li>\n" }.joined()
            return WebResponse(
                200,
                text:
                    "<!DOCTYPE HTML>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                    + "<title>\(title)</title>\n</head>\n"
                    + "<body>\n<h1>\(title)</h1>\n<hr>\n<ul>\n\(lines)</ul>\n<hr>\n</body>\n</html>\n",
                type: "text/html; charset=utf-8")
        }
    }

    private static func failure(_ status: Int, _ text: String) -> WebResponse {
        WebResponse(
            status,
            text: "<!DOCTYPE HTML>\n<html lang=\"en\">\n    <head>\n        <meta charset=\"utf-8\">\n"
                + "        <title>Error response</title>\n    </head>\n    <body>\n        <h1>Error response</h1>\n"
                + "        <p>Error code: \(status)</p>\n        <p>Message: \(text.htmlEscaped).</p>\n    "
                + "</body>\n</html>\n",
            type: "text/html;charset=utf-8")
    }
}
