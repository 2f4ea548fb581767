import FairleadContainers
import FairleadModel

/// The servers of one port of nginx.
struct NginxSite: Sendable {
    private static let maximumTemplate = 16_384
    private static let maximumText = 1 << 20
    private static let defaultRoot = "/etc/nginx/html"
    let process: Process
    let servers: [NginxConfiguration.Server]
    let version: String

    func respond(to request: WebRequest) async -> WebResponse {
        let host = (request.header("host") ?? "").prefix { $0 != ":" }
        guard let server = servers.first(where: { $0.names.contains(String(host)) }) ?? servers.first else {
            return page(404)
        }
        let path = ContainerFiles.normal(StaticFiles.path(of: request))
        let isFolder = StaticFiles.path(of: request).hasSuffix("/")
        return await answer(request, path == "/" || !isFolder ? path : path + "/", server, redirects: 0)
    }

    private func answer(
        _ request: WebRequest, _ path: String, _ server: NginxConfiguration.Server, redirects: Int
    ) async -> WebResponse {
        let location = NginxConfiguration.location(of: path, in: server)
        let rules = location?.rules ?? NginxConfiguration.Rules()
        var response = await plainAnswer(request, path, server, location, redirects)
        for (name, value) in server.rules.headers.merging(rules.headers, uniquingKeysWith: { $1 }) {
            response.headers.append((name, expanded(value, request, path)))
        }
        return response
    }

    private func plainAnswer(
        _ request: WebRequest, _ path: String, _ server: NginxConfiguration.Server,
        _ location: NginxConfiguration.Location?, _ redirects: Int
    ) async -> WebResponse {
        let rules = location?.rules ?? NginxConfiguration.Rules()
        if let (status, text) = rules.answer ?? server.rules.answer {
            let text = expanded(text, request, path)
            if [301, 302, 303, 307, 308].contains(status) {
                var response = page(status)
                response.headers.append(("Location", text))
                return response
            }
            if text.isEmpty, status >= 300 { return page(status) }
            return WebResponse(status, text: text, type: rules.type ?? server.rules.type ?? "application/octet-stream")
        }
        if let target = rules.proxy { return await proxy(request, expanded(target, request, path), location) }
        guard ["GET", "HEAD"].contains(request.method) else { return page(405) }
        if let tries = rules.tries ?? server.rules.tries, redirects < 10 {
            return await attempt(tries, request, path, server, location, redirects)
        }
        return file(path, server, location, request)
    }

    private func name(_ path: String, _ server: NginxConfiguration.Server, _ location: NginxConfiguration.Location?)
        -> String
    {
        if let alias = location?.rules.alias { return alias + path.dropFirst(location?.path.count ?? 0) }
        return (location?.rules.root ?? server.rules.root ?? Self.defaultRoot) + path
    }

    private func file(
        _ path: String, _ server: NginxConfiguration.Server, _ location: NginxConfiguration.Location?,
        _ request: WebRequest
    ) -> WebResponse {
        let name = name(path, server, location)
        switch StaticFiles.find(name, process) {
        case .missing: return page(404)
        case .denied: return page(403)
        case .file(let bytes, let status): return path.hasSuffix("/") ? page(404) : content(bytes, name, status)
        case .directory(let names):
            guard path.hasSuffix("/") else {
                var response = page(301)
                response.headers.append(("Location", "http://\(request.header("host") ?? "localhost")\(path)/"))
                return response
            }
            for index in location?.rules.index ?? server.rules.index ?? ["index.html"] {
                if case .file(let bytes, let status) = StaticFiles.find("\(name)/\(index)", process) {
                    return content(bytes, index, status)
                }
            }
            guard location?.rules.listsDirectories ?? server.rules.listsDirectories ?? false else { return page(403) }
            let lines = names.map { "<a href=\"\($0.htmlEscaped)\">\($0.htmlEscaped)</a>\r\n" }.joined()
            let title = "Index of \(path.htmlEscaped)"
            return WebResponse(
                200,
                text: "<html>\r\n<head><title>\(title)</title></head>\r\n<body>\r\n<h1>\(title)</h1><hr>"
                    + "<pre><a href=\"../\">../</a>\r\n\(lines)</pre><hr></body>\r\n</html>\r\n", type: "text/html")
        }
    }

    private func content(_ bytes: [UInt8], _ name: String, _ status: FileStatus) -> WebResponse {
        WebResponse(
            200,
            headers: [
                ("Content-Type", StaticFiles.type(of: name) ?? "application/octet-stream"),
                ("Last-Modified", status.modified.httpDate),
                ("ETag", "\"\(String(max(0, status.modified.seconds), radix: 16))-\(String(bytes.count, radix: 16))\""),
                ("Accept-Ranges", "bytes"),
            ], body: bytes)
    }

    private func attempt(
        _ tries: [String], _ request: WebRequest, _ path: String, _ server: NginxConfiguration.Server,
        _ location: NginxConfiguration.Location?, _ redirects: Int
    ) async -> WebResponse {
        for text in tries.dropLast() {
            let candidate = expanded(text, request, path)
            switch StaticFiles.find(name(candidate, server, location), process) {
            case .file where !candidate.hasSuffix("/"): return file(candidate, server, location, request)
            case .directory where candidate.hasSuffix("/"): return file(candidate, server, location, request)
            default: continue
            }
        }
        guard let last = tries.last else { return page(404) }
        if last.hasPrefix("="), let status = Int(last.dropFirst()), (100...999).contains(status) { return page(status) }
        return await answer(request, expanded(last, request, path), server, redirects: redirects + 1)
    }

    private func proxy(
        _ request: WebRequest, _ target: String, _ location: NginxConfiguration.Location?
    ) async -> WebResponse {
        guard target.hasPrefix("http://") else { return page(502) }
        let rest = target.dropFirst(7)
        let authority = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(authority.count)
        let parts = authority.split(separator: ":")
        let host = parts.first.map(String.init) ?? ""
        let port = parts.count > 1 ? UInt16(parts[1]) ?? 80 : 80
        // A path in the address takes the place of the location's.
        let prefix = location.map { $0.modifier.isEmpty || $0.modifier == "^~" ? $0.path.count : 0 } ?? 0
        let forwarded = path.isEmpty ? request.target : String(path) + request.target.dropFirst(prefix)
        let dropped = ["host", "connection", "content-length", "transfer-encoding", "keep-alive"]
        let headers = request.headers.filter { !dropped.contains($0.name.lowercased()) }
        let answer = await WebCall.send(
            process, request.method, host: host, port: port, target: forwarded, headers: headers, body: request.body,
            within: .seconds(60))
        switch answer {
        case .success(var response):
            let hop = ["connection", "transfer-encoding", "keep-alive", "content-length", "server"]
            response.headers.removeAll { hop.contains($0.name.lowercased()) }
            return response
        case .failure(let failure):
            let now = GoText.logDate(process.world.now())
            await process.complain(
                "\(now) [error] 29#29: *1 connect() failed (\(failure.message)) while connecting to upstream, "
                    + "request: \"\(request.method) \(request.target) HTTP/1.1\", upstream: \"\(target)\"")
            return page(failure.message.contains("context deadline") ? 504 : 502)
        }
    }

    private func expanded(_ text: String, _ request: WebRequest, _ path: String) -> String {
        guard text.contains("$"), text.utf8.count <= Self.maximumTemplate else { return text }
        let values: [(String, String)] = [
            ("$request_uri", request.target), ("$request_method", request.method), ("$uri", path),
            ("$hostname", process.world.hostname),
            ("$host", String((request.header("host") ?? "").prefix { $0 != ":" })),
            ("$remote_addr", request.peer?.address.description ?? ""), ("$scheme", "http"),
            ("$server_addr", request.local?.address.description ?? ""),
            ("$server_port", request.local.map { String($0.port) } ?? ""),
            ("$time_iso8601", process.world.now().rfc3339),
            ("$args", request.target.contains("?") ? String(request.target.drop { $0 != "?" }.dropFirst()) : ""),
        ]
        var result = ""
        var rest = text[...]
        while let character = rest.first, result.utf8.count <= Self.maximumText {
            if let found = values.first(where: { rest.hasPrefix($0.0) }) {
                result += found.1
                rest = rest.dropFirst(found.0.count)
            } else {
                result.append(character)
                rest.removeFirst()
            }
        }
        return result
    }

    /// nginx's own page for a status.
    func page(_ status: Int) -> WebResponse {
        let ownWords = [405: "Not Allowed", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out"]
        let title = "\(status) \(ownWords[status] ?? WebResponse.phrase(of: status))"
        let text =
            "<html>\r\n<head><title>\(title)</title></head>\r\n<body>\r\n<center><h1>\(title)</h1></center>\r\n"
            + "<hr><center>nginx/\(version)</center>\r\n</body>\r\n</html>\r\n"
        return WebResponse(status, text: text, type: "text/html")
    }
}
