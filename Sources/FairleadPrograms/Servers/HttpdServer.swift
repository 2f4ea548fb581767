import FairleadContainers
import FairleadModel

/// Apache: files below a directory, in its words.
struct HttpdServer: Program {
    var version = "2.4.65"
    var root = "/usr/local/apache2/htdocs"
    var port: UInt16 = 80
    var commandLine = "httpd -D FOREGROUND"
    var system = "Unix"
    /// For images whose page is made by a script.
    var page: (@Sendable (WebRequest, Process) async -> WebResponse?)?

    func run(_ process: Process) async -> ExitStatus {
        let arguments = process.arguments.dropFirst()
        if arguments.contains("-v") || arguments.contains("-V") {
            await process.print("Server version: Apache/\(version) (\(system))")
            return .success
        }
        if arguments.contains("-t") {
            await process.complain("Syntax OK")
            return .success
        }
        let port = listeningPort(process)
        var ports = OpenPorts()
        defer { ports.close() }
        do throws(NetworkError) {
            try ports.serveWeb(process, port: port) { request in
                var response = await page?(request, process) ?? file(request, process)
                response.headers.insert(("Server", "Apache/\(version) (\(system))"), at: 0)
                await process.print(WebLog.common(request, response, process.world.now()))
                return response
            }
        } catch {
            await process.complain(
                "(98)\(error): AH00072: make_sock: could not bind to address 0.0.0.0:\(port)\n"
                    + "no listening sockets available, shutting down\nAH00015: Unable to open logs")
            return .failure
        }
        let address = process.world.network.addresses.first?.description ?? "127.0.0.1"
        let name =
            "AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using \(address). "
            + "Set the 'ServerName' directive globally to suppress this message"
        await process.complain(name)
        await process.complain(name)
        await note(process, "AH00489: Apache/\(version) (\(system)) configured -- resuming normal operations")
        await note(process, "AH00094: Command line: '\(commandLine)'", module: "core")
        while let signal = await process.signals.next() {
            // WINCH, which the image asks for, is no signal here; TERM ends it as well.
            guard signal == .terminate || signal == .interrupt else { continue }
            await note(process, "AH00491: caught SIGTERM, shutting down")
            return .success
        }
        return .killed
    }

    /// `Listen` of the configuration, if somebody has changed it.
    private func listeningPort(_ process: Process) -> UInt16 {
        // Without a configuration, the image's own port counts.
        let text = (try? process.world.files.text("/usr/local/apache2/conf/httpd.conf")) ?? ""
        for line in text.split(separator: "\n").prefix(5000) {
            let words = line.split(separator: " ")
            if words.first == "Listen", let port = words.last?.split(separator: ":").last.flatMap({ UInt16($0) }) {
                return port
            }
        }
        return port
    }

    private func note(_ process: Process, _ text: String, module: String = "mpm_event") async {
        let now = process.world.now()
        let day = now.rfc1123.prefix(3)
        let month = WebLog.date(now).dropFirst(3).prefix(3)
        let micro = now.rfc3339Micro
        let date =
            "\(day) \(month) \(micro.dropFirst(8).prefix(2)) \(micro.dropFirst(11).prefix(15)) \(micro.prefix(4))"
        await process.complain("[\(date)] [\(module):notice] [pid 1:tid 1] \(text)")
    }

    private func file(_ request: WebRequest, _ process: Process) -> WebResponse {
        guard ["GET", "HEAD", "POST"].contains(request.method) else { return refusal(405, request) }
        let path = StaticFiles.path(of: request)
        switch StaticFiles.find("\(root)/\(path)", process) {
        case .missing: return refusal(404, request)
        case .denied: return refusal(403, request)
        case .file(let bytes, let status): return content(bytes, path, status)
        case .directory(let names):
            guard path.hasSuffix("/") else {
                var response = refusal(301, request)
                response.headers.append(("Location", "http://\(request.header("host") ?? "localhost")\(path)/"))
                return response
            }
            if case .file(let bytes, let status) = StaticFiles.find("\(root)/\(path)/index.html", process) {
                return content(bytes, "index.html", status)
            }
            let lines = names.map { "<li><a href=\"\($0.htmlEscaped)\"> \($0.htmlEscaped)</a></li>\n" }.joined()
            let title = "Index of \(path.htmlEscaped)"
            return WebResponse(
                200,
                text: "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\" \"http://www.w3.org/TR/html4/strict.dtd\">\n"
                    + "<html>\n <head>\n  <title>\(title)</title>\n </head>\n <body>\n<h1>\(title)</h1>\n"
                    + "<ul>\(lines)</ul>\n"
                    + "</body></html>\n", type: "text/html;charset=ISO-8859-1")
        }
    }

    private func content(_ bytes: [UInt8], _ name: String, _ status: FileStatus) -> WebResponse {
        var headers: [(name: String, value: String)] = [
            ("Last-Modified", status.modified.httpDate),
            ("ETag", "\"\(String(bytes.count, radix: 16))-\(String(max(0, status.modified.seconds), radix: 16))\""),
            ("Accept-Ranges", "bytes"),
        ]
        if let type = StaticFiles.type(of: name) { headers.append(("Content-Type", type)) }
        return WebResponse(200, headers: headers, body: bytes)
    }

    private func refusal(_ status: Int, _ request: WebRequest) -> WebResponse {
        let phrase = WebResponse.phrase(of: status)
        let text =
            switch status {
            case 404: "The requested URL was not found on this server."
            case 403: "You don't have permission to access this resource."
            case 405: "The requested method \(request.method.htmlEscaped) is not allowed for this URL."
            default: "The document has moved <a href=\"\(request.path.htmlEscaped)/\">here</a>."
            }
        return WebResponse(
            status,
            text:
                "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>\(status) "
                + "\(phrase)</title>\n"
                + "</head><body>\n<h1>\(phrase)</h1>\n<p>\(text)</p>\n</body></html>\n",
            type: "text/html; charset=iso-8859-1")
    }
}
