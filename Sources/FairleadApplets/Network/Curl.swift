import FairleadContainers
import FairleadModel

/// `curl`: HTTP requests.
struct Curl {
    /// An error with the exit code of curl.
    struct Failure: Error {
        var code: Int32
        var message: String
    }

    private struct Answer {
        var response = WebResponse()
        var connection: Connection?
        var redirects = 0
        var address: WebAddress
    }

    private let process: Process
    private let options: CurlOptions

    static let applet = Applet { process in
        let options: CurlOptions
        do {
            options = try CurlOptions(process)
        } catch let failure as Failure {
            await process.complain("curl: \(failure.message)")
            return failure.code
        }
        if options.showsVersion {
            try await process.put("curl 8.12.1 (x86_64-alpine-linux-musl) libcurl/8.12.1\nProtocols: http https")
            return 0
        }
        guard !options.urls.isEmpty else {
            await process.complain("curl: (2) no URL specified")
            return 2
        }
        var code: Int32 = 0
        for url in options.urls { code = try await Curl(process: process, options: options).fetch(url) }
        return code
    }

    private func fetch(_ url: String) async throws -> Int32 {
        let start = process.world.clock.now
        var answer: Answer?
        var failure: Failure?
        do {
            guard let address = WebAddress(url) else {
                throw Failure(
                    code: url.contains("://") && !url.hasPrefix("http") ? 1 : 3,
                    message: url.contains("://") && !url.hasPrefix("http")
                        ? "Protocol \"\(url.prefix { $0 != ":" })\" not supported"
                        : "URL rejected: Malformed input to a URL function")
            }
            if options.showsProgress, !process.isTerminal { await process.meter(nil) }
            let (limit, request) = (options.maximumTime, self)
            let result = try await within(limit, process.world.clock) { try await request.exchange(address) }
            if Task.isCancelled { return 137 }
            guard let result else {
                let elapsed = (limit ?? .zero).inMilliseconds +| 1
                throw Failure(
                    code: 28, message: "Operation timed out after \(elapsed) milliseconds with 0 bytes received")
            }
            answer = result
            if options.failsOnError, result.response.status >= 400 {
                failure = Failure(code: 22, message: "The requested URL returned error: \(result.response.status)")
            }
        } catch let error as Failure {
            failure = error
        }
        if let answer, failure == nil || options.keepsBody { failure = try await save(answer, url) ?? failure }
        if let answer, options.showsProgress, !process.isTerminal { await process.meter(answer.response.body.count) }
        if let failure, !options.isSilent || options.showsErrors {
            await process.complain("curl: (\(failure.code)) \(failure.message)")
        }
        if let format = options.format {
            let time = process.world.clock.now - start
            try await process.output.write(written(format, answer, failure, time))
        }
        return failure?.code ?? 0
    }

    // MARK: - exchange

    private func exchange(_ first: WebAddress) async throws -> Answer {
        var address = first
        var (method, body) = options.message
        var answer = Answer(address: address)
        while true {
            let connection = try await connect(address)
            defer { connection.close() }
            var request = WebRequest(
                method, options.target(address), headers: options.headers(address), body: body ?? [])
            if body != nil, request.header("content-length") == nil {
                request.headers.append(("Content-Length", String(body?.count ?? 0)))
            }
            if options.isVerbose { await process.show(request) }
            answer.connection = connection
            answer.address = address
            do {
                answer.response = try await WebClient.send(request, over: connection, limit: 64 << 20)
            } catch WebError.empty {
                throw Failure(code: 52, message: "Empty reply from server")
            } catch WebError.malformed {
                throw Failure(code: 1, message: "Received HTTP/0.9 when not allowed")
            } catch WebError.tooLarge {
                throw Failure(code: 23, message: "Failure writing output to destination")
            } catch {
                throw Failure(code: 56, message: "Recv failure: Connection reset by peer")
            }
            if options.isVerbose { await process.show(answer.response) }
            guard options.follows, (300..<400).contains(answer.response.status),
                let location = answer.response.header("location"), let next = address.following(location)
            else { return answer }
            answer.redirects += 1
            guard answer.redirects <= options.maximumRedirects else {
                throw Failure(code: 47, message: "Maximum (\(options.maximumRedirects)) redirects followed")
            }
            if [301, 302, 303].contains(answer.response.status), method == "POST", options.method == nil {
                (method, body) = ("GET", nil)
            }
            address = next
        }
    }

    private func connect(_ address: WebAddress) async throws -> Connection {
        let found: [IPAddress]
        if let fixed = options.fixed["\(address.host):\(address.port)"] ?? options.fixed["*:\(address.port)"] {
            found = [fixed]
        } else {
            do {
                found = try await HostResolver(process.world).addresses(of: address.host)
            } catch {
                throw Failure(code: 6, message: "Could not resolve host: \(address.host)")
            }
        }
        let wanted = found.filter { options.family == nil || $0.isIPv4 == (options.family == "4") }
        let limit = options.connectTime ?? options.maximumTime ?? .seconds(300)
        var last = Failure(code: 6, message: "Could not resolve host: \(address.host)")
        for candidate in wanted {
            let destination = NetworkAddress(candidate, address.port)
            if options.isVerbose { await process.complain("*   Trying \(destination)...") }
            let start = process.world.clock.now
            do {
                let connection = try await process.world.network.connect(
                    to: destination, from: options.source, sourcePort: nil, within: limit)
                if options.isVerbose {
                    await process.complain("* Connected to \(address.host) (\(candidate)) port \(address.port)")
                }
                return connection
            } catch {
                let time = (process.world.clock.now - start).inMilliseconds
                switch error {
                case .timedOut:
                    last = Failure(code: 28, message: "Connection timed out after \(time) milliseconds")
                case .addressNotAvailable, .permissionDenied:
                    last = Failure(code: 45, message: "bind failed: \(error)")
                default:
                    last = Failure(
                        code: 7,
                        message: "Failed to connect to \(address.host) port \(address.port) after \(time) ms: "
                            + "Could not connect to server")
                }
            }
        }
        throw last
    }

    // MARK: - output

    private func save(_ answer: Answer, _ url: String) async throws -> Failure? {
        var bytes: [UInt8] = []
        if options.showsHeaders || options.isHead { bytes += answer.response.head.utf8 }
        if !options.isHead { bytes += answer.response.body }
        var sink = process.output
        var path = options.outputPath
        if options.usesRemoteName {
            path = answer.address.target.prefix { $0 != "?" }.split(separator: "/").last.map(String.init)
            if path == nil { return Failure(code: 23, message: "Remote file name has no length") }
        }
        if let path, path != "-" {
            do throws(FileError) {
                sink = try process.sink(path)
            } catch {
                await process.complain("Warning: Failed to open the file \(path): \(error)")
                return Failure(code: 23, message: "client returned ERROR on write, \(bytes.count) bytes")
            }
        }
        if let path = options.headerPath {
            if path == "-" {
                try await process.output.write(answer.response.head)
            } else {
                try process.write(Array(answer.response.head.utf8), to: path)
            }
        }
        do {
            try await sink.write(bytes)
        } catch {
            return Failure(code: 23, message: "Failure writing output to destination")
        }
        return nil
    }

    private func written(_ format: String, _ answer: Answer?, _ failure: Failure?, _ time: Duration) -> String {
        var result = ""
        var rest = Escapes.decoded(format, zeroPrefix: false).text[...]
        while let character = rest.popFirst() {
            guard character == "%" else {
                result.append(character)
                continue
            }
            if rest.first == "%" {
                rest.removeFirst()
                result.append("%")
            } else if rest.first == "{", let close = rest.firstIndex(of: "}") {
                let name = String(rest[rest.index(after: rest.startIndex)..<close])
                rest = rest[rest.index(after: close)...]
                result += value(name, answer, failure, time)
            } else {
                result.append(character)
            }
        }
        return result
    }

    private func value(_ name: String, _ answer: Answer?, _ failure: Failure?, _ time: Duration) -> String {
        let status = answer?.response.status ?? 0
        switch name {
        case "http_code", "response_code":
            return String(repeating: "0", count: max(0, 3 - String(status).count)) + String(status)
        case "size_download": return String(answer?.response.body.count ?? 0)
        case "size_upload": return String(options.body?.count ?? 0)
        case "url_effective", "url": return answer?.address.text ?? options.urls.last ?? ""
        case "content_type": return answer?.response.header("content-type") ?? ""
        case "num_redirects": return String(answer?.redirects ?? 0)
        case "redirect_url":
            return answer.flatMap { answer in
                answer.response.header("location").flatMap { answer.address.following($0)?.text }
            } ?? ""
        case "remote_ip": return answer?.connection?.peer.address.description ?? ""
        case "remote_port": return answer?.connection.map { String($0.peer.port) } ?? "0"
        case "local_ip": return answer?.connection?.local.address.description ?? ""
        case "local_port": return answer?.connection.map { String($0.local.port) } ?? "0"
        case "exitcode": return String(failure?.code ?? 0)
        case "errormsg": return failure?.message ?? ""
        case "method": return options.message.method
        case "scheme": return answer?.address.scheme ?? ""
        case "http_version": return answer == nil ? "0" : "1.1"
        case "time_total", "time_connect", "time_starttransfer", "time_namelookup", "time_pretransfer":
            return FormatPrinter.fixed(time.inSeconds, decimals: 6)
        default: return name.hasPrefix("header_") || name.hasPrefix("time_") ? "0" : ""
        }
    }
}

extension WebResponse {
    /// The first line and the headers, as `curl -i` shows them.
    var head: String {
        let lines = ["HTTP/1.1 \(status) \(Self.phrase(of: status))"] + headers.map { "\($0.name): \($0.value)" }
        return lines.map { $0 + "\r\n" }.joined() + "\r\n"
    }
}

extension Process {
    fileprivate func show(_ request: WebRequest) async {
        await complain("> \(request.method) \(request.target) HTTP/1.1")
        for (name, value) in request.headers { await complain("> \(name): \(value)") }
        await complain("> ")
    }

    fileprivate func show(_ response: WebResponse) async {
        await complain("< HTTP/1.1 \(response.status) \(WebResponse.phrase(of: response.status))")
        for (name, value) in response.headers { await complain("< \(name): \(value)") }
        await complain("< ")
    }

    /// The progress meter: its head, or the line of a transfer that has ended.
    fileprivate func meter(_ size: Int?) async {
        if let size {
            let count = Columns.right(String(size), 5)
            await complain(
                "\r100 \(count)  100 \(count)    0     0      0      0 --:--:-- --:--:-- --:--:--     0")
        } else {
            await complain(
                "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n"
                    + "                                 Dload  Upload   Total   Spent    Left  Speed")
        }
    }
}
