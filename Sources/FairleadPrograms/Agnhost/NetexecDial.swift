import FairleadContainers
import FairleadModel

/// `/dial` of netexec: calls somebody a number of times and tells what they answered.
struct NetexecDial {
    private static let maximumTries = 1000
    private let process: Process

    init(_ process: Process) { self.process = process }

    func respond(to request: WebRequest) async -> WebResponse {
        let host = request.parameter("host") ?? ""
        let port = request.parameter("port") ?? ""
        let text = request.parameter("request") ?? ""
        let transport = request.parameter("protocol") ?? ""
        let tries = request.parameter("tries") ?? ""
        await process.goLog(
            "GET /dial?host=\(host)&protocol=\(transport)&port=\(port)&request=\(text)&tries=\(tries)")
        func refuse(_ why: String) -> WebResponse { .sniffed(400, why + "\n") }
        guard !text.isEmpty else { return refuse("request parameter not specified. \(text)") }
        guard let count = tries.isEmpty ? 1 : Int(tries), count <= Self.maximumTries else {
            return refuse("tries parameter is invalid. \(tries)")
        }
        guard ["", "http", "udp", "sctp"].contains(transport.lowercased()) else {
            return refuse("unsupported protocol. \(transport)")
        }
        guard !host.isEmpty, let number = UInt16(port) else {
            return refuse("host and/or port param are invalid. \(host):\(port)")
        }
        var responses: [Value] = []
        var errors: [Value] = []
        var last = ""
        for _ in 0..<max(0, count) where !Task.isCancelled {
            switch transport.lowercased() {
            case "udp": (last, responses, errors) = note(await datagram(text, host, number), responses, errors)
            case "sctp":
                (last, responses, errors) = note(
                    .failure(WebCall.Failure(message: "dial sctp \(host):\(port): protocol not supported")), responses,
                    errors)
            default:
                let answer = await WebCall.send(
                    process, host: host, port: number, target: "/" + text, within: .seconds(5))
                (last, responses, errors) = note(answer.map(\.text), responses, errors)
            }
        }
        var output = Object()
        if !last.isEmpty { output["responses"] = .array(responses) }
        if !errors.isEmpty { output["errors"] = .array(errors) }
        return .sniffed(200, Value.object(output).jsonText)
    }

    private func note(
        _ answer: Result<String, WebCall.Failure>, _ responses: [Value], _ errors: [Value]
    ) -> (String, [Value], [Value]) {
        switch answer {
        case .success(let text): (text, responses + [.string(text)], errors)
        case .failure(let failure): ("", responses, errors + [.string(failure.message)])
        }
    }

    private func datagram(_ text: String, _ host: String, _ port: UInt16) async -> Result<String, WebCall.Failure> {
        let limit = Duration.seconds(5)
        do throws(NetworkError) {
            let addresses = try await HostResolver(process.world).addresses(of: host, within: limit)
            guard let address = addresses.first else { throw .nameNotFound(host) }
            let socket = try process.world.network.bind(port: 0, address: nil)
            defer { socket.close() }
            let peer = NetworkAddress(address, port)
            try await socket.send(Array(text.utf8), to: peer)
            return .success(String(decoding: try await socket.receive(within: limit).bytes, as: UTF8.self))
        } catch {
            let why = error == .timedOut ? "i/o timeout" : "read: \(error.goDescription)"
            return .failure(
                WebCall.Failure(message: "reading from udp connection failed. err:'read udp \(host):\(port): \(why)'"))
        }
    }
}

/// A form with files, as browsers send it (RFC 7578).
enum MultipartForm {
    /// The content of the first part of a name; nil if there is none.
    static func file(named name: String, in request: WebRequest) -> [UInt8]? {
        guard let type = request.header("content-type"), type.lowercased().hasPrefix("multipart/form-data"),
            let mark = type.firstRange(of: "boundary=")
        else { return nil }
        let boundary = type[mark.upperBound...].prefix { $0 != ";" }.filter { $0 != "\"" && $0 != " " }
        let line = Array("--\(boundary)".utf8)
        guard !boundary.isEmpty, line.count <= 80 else { return nil }
        for part in split(request.body, at: line) {
            guard let blank = find(Array("\r\n\r\n".utf8), in: part) else { continue }
            let head = String(decoding: part[..<blank], as: UTF8.self).lowercased()
            guard head.contains("name=\"\(name)\"") else { continue }
            var content = part[(blank + 4)...]
            if content.suffix(2).elementsEqual("\r\n".utf8) { content = content.dropLast(2) }
            return Array(content)
        }
        return nil
    }

    private static func split(_ bytes: [UInt8], at line: [UInt8]) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        while let place = find(line, in: rest), parts.count < 1000 {
            parts.append(rest[..<place])
            rest = rest[(place + line.count)...]
        }
        return parts
    }

    /// Looks only where the first byte is right: a boundary is short, so that this is linear.
    private static func find(_ word: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard let first = word.first else { return nil }
        var rest = bytes
        while let place = rest.firstIndex(of: first) {
            if bytes[place...].starts(with: word) { return place }
            rest = bytes[(place + 1)...]
        }
        return nil
    }
}
