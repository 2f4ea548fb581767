import FairleadContainers
import FairleadModel

/// Files of a container as web servers show them.
enum StaticFiles {
    /// What a path leads to.
    enum Found {
        case file([UInt8], FileStatus)
        /// With the names in it, directories with a slash.
        case directory([String])
        case missing
        case denied
    }

    /// - Parameter path: below the root of the file system of the container; `..` does not lead out of it.
    static func find(_ path: String, _ process: Process) -> Found {
        let files = process.world.files
        let path = ContainerFiles.normal(path)
        do throws(FileError) {
            let status = try files.status(path, as: process.credentials)
            if status.kind != .directory { return .file(try files.read(path, as: process.credentials), status) }
            let names = try files.list(path, as: process.credentials)
            return .directory(
                names.map { name in
                    // A link that leads nowhere is shown as a file.
                    let kind = try? files.status("\(path)/\(name)", as: process.credentials).kind
                    return kind == .directory ? name + "/" : name
                })
        } catch {
            return error == .denied ? .denied : .missing
        }
    }

    private static let types: [String: String] = [
        "html": "text/html", "htm": "text/html", "css": "text/css", "js": "text/javascript", "json": "application/json",
        "txt": "text/plain", "xml": "text/xml", "svg": "image/svg+xml", "jpg": "image/jpeg", "jpeg": "image/jpeg",
        "png": "image/png", "gif": "image/gif", "ico": "image/x-icon", "pdf": "application/pdf",
        "wasm": "application/wasm", "crt": "application/x-x509-ca-cert", "gz": "application/gzip",
    ]

    /// By the extension of the name; nil if it tells nothing.
    static func type(of path: String) -> String? {
        let name = path.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: ".") else { return nil }
        return types[name[name.index(after: dot)...].lowercased()]
    }

    /// The decoded path of a request, without its query.
    static func path(of request: WebRequest) -> String {
        WebRequest.decoded(
            request.path.split(separator: "+", omittingEmptySubsequences: false).joined(separator: "%2B"))
    }

    /// Whether bytes are text, as far as can be seen at their beginning.
    static func isText(_ bytes: [UInt8]) -> Bool {
        bytes.prefix(512).allSatisfy {
            $0 >= 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0C || $0 == 0x0D || $0 == 0x1B
        }
    }
}

/// Go's file server, over a directory of the container.
struct GoFileServer: Sendable {
    let process: Process
    let root: String

    func respond(to request: WebRequest) -> WebResponse {
        let path = StaticFiles.path(of: request)
        guard path.hasPrefix("/") else { return .sniffed(400, "invalid URL path\n") }
        if path.hasSuffix("/index.html") { return moved("./", request) }
        let last = path.split(separator: "/").last.map(String.init) ?? ""
        switch StaticFiles.find(root + path, process) {
        case .missing: return .goNotFound
        case .denied: return WebResponse(403, text: "403 Forbidden\n")
        case .file(let bytes, let status):
            if path.hasSuffix("/") { return moved("../\(last)", request) }
            return file(bytes, last, status)
        case .directory(let names):
            guard path.hasSuffix("/") else { return moved("\(last)/", request) }
            if case .file(let bytes, let status) = StaticFiles.find("\(root)\(path)index.html", process) {
                return file(bytes, "index.html", status)
            }
            let lines = names.map { "<a href=\"\(Self.escaped($0))\">\($0.htmlEscaped)</a>\n" }.joined()
            let page =
                "<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n\(lines)</pre>\n"
            return WebResponse(200, text: page, type: "text/html; charset=utf-8")
        }
    }

    private func moved(_ location: String, _ request: WebRequest) -> WebResponse {
        let query = request.target.dropFirst(request.path.count)
        return WebResponse(301, headers: [("Location", location + query)])
    }

    private func file(_ bytes: [UInt8], _ name: String, _ status: FileStatus) -> WebResponse {
        let isText = StaticFiles.isText(bytes)
        var type = StaticFiles.type(of: name)
        if type?.hasPrefix("text/") == true { type?.append("; charset=utf-8") }
        let sniffed = WebResponse.sniffed(200, String(decoding: bytes.prefix(64), as: UTF8.self)).header("content-type")
        return WebResponse(
            200,
            headers: [
                ("Accept-Ranges", "bytes"),
                ("Content-Type", type ?? (isText ? sniffed ?? "" : "application/octet-stream")),
                ("Last-Modified", status.modified.httpDate),
            ], body: bytes)
    }

    private static func escaped(_ name: String) -> String {
        name.utf8.map { byte in
            let isPlain =
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "-_.~/$&+,:=@".utf8.contains(byte)
            return isPlain
                ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
