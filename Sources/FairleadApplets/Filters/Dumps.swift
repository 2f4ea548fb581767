import FairleadContainers
import FairleadModel

extension Applets {
    /// What shows, encodes, compares and sums up bytes.
    static let dumps: [String: Applet] = [
        "hexdump": Applet(hexdump), "hd": Applet(hexdump), "xxd": Applet(xxd), "od": Applet(od),
        "base64": Applet(base64),
        "sha256sum": Applet { process in try await sum(process) { SHA256.hash($0) } },
        "md5sum": Applet { process in try await sum(process) { MD5.hash($0) } },
        "cksum": Applet { process in
            try await process.eachInput(process.words) { path, source in
                let bytes = try await process.all(source)
                try await process.put("\(checksum(bytes)) \(bytes.count)\(path == "-" ? "" : " " + path)")
            }
        },
        "cmp": Applet(cmp), "diff": Applet(diff),
    ]

    private static func hex(_ value: Int, _ width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func hexdump(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "Cbcdoxvn:s:e:")
        var bytes: [UInt8] = []
        let status = try await process.eachInput(options.operands) { _, source in bytes += try await process.all(source)
        }
        let skip = options.value("s").flatMap { DataSizes.bytes($0) } ?? 0
        bytes = Array(bytes.dropFirst(skip))
        if let count = options.value("n").flatMap({ DataSizes.bytes($0) }) { bytes = Array(bytes.prefix(count)) }
        let isCanonical = options.has("C") || process.appletName == "hd"
        var output = BufferedOutput(process.output)
        var previous: ArraySlice<UInt8>?
        var isRepeated = false
        for start in stride(from: 0, to: bytes.count, by: 16) {
            let row = bytes[start..<min(bytes.count, start + 16)]
            if let previous, previous.elementsEqual(row), !options.has("v"), row.count == 16 {
                if !isRepeated { try await output.line("*") }
                isRepeated = true
                continue
            }
            (previous, isRepeated) = (row, false)
            if isCanonical {
                var text = hex(skip + start, 8) + " "
                for (index, byte) in row.enumerated() { text += (index == 8 ? "  " : " ") + hex(Int(byte), 2) }
                let characters = row.map { $0 >= 32 && $0 < 127 ? String(UnicodeScalar($0)) : "." }.joined()
                try await output.line(Columns.left(text, 60) + "|\(characters)|")
            } else {
                let words = stride(from: row.startIndex, to: row.endIndex, by: 2).map { index in
                    hex(Int(row[index]) + (index + 1 < row.endIndex ? Int(row[index + 1]) << 8 : 0), 4)
                }
                try await output.line(hex(skip + start, 7) + " " + words.joined(separator: " "))
            }
        }
        if !bytes.isEmpty { try await output.line(hex(skip + bytes.count, isCanonical ? 8 : 7)) }
        try await output.flush()
        return status
    }

    private static func xxd(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "pl:s:c:g:r")
        return try await process.eachInput(options.operands) { _, source in
            var bytes = try await process.all(source)
            if let count = options.value("l").flatMap({ DataSizes.bytes($0) }) { bytes = Array(bytes.prefix(count)) }
            if options.has("p") {
                for start in stride(from: 0, to: bytes.count, by: 30) {
                    try await process.put(bytes[start..<min(bytes.count, start + 30)].map { hex(Int($0), 2) }.joined())
                }
                return
            }
            for start in stride(from: 0, to: bytes.count, by: 16) {
                let row = Array(bytes[start..<min(bytes.count, start + 16)])
                let pairs = stride(from: 0, to: row.count, by: 2).map { index in
                    hex(Int(row[index]), 2) + (index + 1 < row.count ? hex(Int(row[index + 1]), 2) : "")
                }
                let characters = row.map { $0 >= 32 && $0 < 127 ? String(UnicodeScalar($0)) : "." }.joined()
                try await process.put(
                    "\(hex(start, 8)): \(Columns.left(pairs.joined(separator: " "), 39))  \(characters)")
            }
        }
    }

    private static func od(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "A:t:N:j:w:bcdoxvia")
        let format = options.value("t") ?? (options.has("c") ? "c" : options.has("x") ? "x2" : "o2")
        let addresses = options.value("A") ?? "o"
        return try await process.eachInput(options.operands) { _, source in
            let skip = options.value("j").flatMap { DataSizes.bytes($0) } ?? 0
            var limit = 16 << 20
            if let count = options.value("N").flatMap({ DataSizes.bytes($0) }) { limit = min(limit, skip +| count) }
            var bytes: [UInt8] = []
            while bytes.count < limit, let more = await source.read(upTo: limit - bytes.count) { bytes += more }
            bytes = Array(bytes.dropFirst(skip))
            func address(_ place: Int) -> String {
                if addresses == "n" { return "" }
                let radix = addresses == "x" ? 16 : addresses == "d" ? 10 : 8
                let digits = String(place, radix: radix)
                return String(repeating: "0", count: max(0, 7 - digits.count)) + digits
            }
            for start in stride(from: 0, to: bytes.count, by: 16) {
                let row = Array(bytes[start..<min(bytes.count, start + 16)])
                try await process.put(address(start) + cells(row, format))
            }
            if addresses != "n" { try await process.put(address(bytes.count)) }
        }
    }

    private static func cells(_ row: [UInt8], _ format: String) -> String {
        let names: [UInt8: String] = [
            0: "\\0", 7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r",
        ]
        if format.hasPrefix("c") {
            return row.map { byte in
                let octal = String(byte, radix: 8)
                let text =
                    names[byte]
                    ?? (byte >= 32 && byte < 127
                        ? String(UnicodeScalar(byte)) : String(repeating: "0", count: max(0, 3 - octal.count)) + octal)
                return Columns.right(text, 4)
            }.joined()
        }
        let size = max(1, min(8, Int(format.dropFirst()) ?? (format.hasPrefix("a") ? 1 : 4)))
        return stride(from: 0, to: row.count, by: size).map { index in
            var value: UInt64 = 0
            for offset in 0..<size where index + offset < row.count {
                value |= UInt64(row[index + offset]) << UInt64(8 * offset)
            }
            let kind = format.first ?? "o"
            let radix = kind == "x" ? 16 : kind == "o" ? 8 : 10
            let width = kind == "x" ? 2 * size : kind == "o" ? (8 * size + 2) / 3 : [1: 3, 2: 5, 4: 10][size] ?? 20
            let text = String(value, radix: radix)
            let filler = kind == "x" || kind == "o" ? "0" : " "
            return " " + String(repeating: filler, count: max(0, width - text.count)) + text
        }.joined()
    }

    private static func base64(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "dDiw:", long: ["decode": "d", "wrap": "w"])
        let width = options.value("w").flatMap { Int($0) } ?? 76
        return try await process.eachInput(Array(options.operands.prefix(1))) { _, source in
            let bytes = try await process.all(source)
            if options.has("d") || options.has("D") {
                let text = String(decoding: bytes, as: UTF8.self)
                // Whether it is base64 is the question.
                guard let clean = try? Base64.canonical(text) else { throw AppletFailure("invalid input") }
                return try await process.output.write(Base64.decode(clean))
            }
            let text = Array(Base64.encode(bytes[...]).utf8)
            if width <= 0 { return try await process.output.write(text) }
            for start in stride(from: 0, to: text.count, by: width) {
                try await process.output.write(Array(text[start..<min(text.count, start + width)]) + [10])
            }
        }
    }

    private static func sum(_ process: Process, _ hash: ([UInt8]) -> [UInt8]) async throws -> Int32 {
        let options = try AppletOptions(process.words, "csw", long: ["check": "c", "status": "s"])
        func text(_ bytes: [UInt8]) -> String { hash(bytes).map { hex(Int($0), 2) }.joined() }
        guard options.has("c") else {
            return try await process.eachInput(options.operands) { path, source in
                try await process.put("\(text(try await process.all(source)))  \(path)")
            }
        }
        var failed = 0
        let status = try await process.eachInput(options.operands) { _, source in
            let list = String(decoding: try await process.all(source), as: UTF8.self)
            for line in list.split(separator: "\n") {
                let parts = line.split(separator: " ", maxSplits: 1)
                guard parts.count == 2 else { continue }
                let path = String(parts[1].drop { $0 == " " || $0 == "*" })
                // A file that is not there has another sum.
                let isRight = (try? process.read(path)).map { text($0) == parts[0] } ?? false
                if !isRight { failed += 1 }
                if !options.has("s") { try await process.put("\(path): \(isRight ? "OK" : "FAILED")") }
            }
        }
        if failed > 0 {
            await process.complain("\(process.appletName): WARNING: \(failed) computed checksums did NOT match")
        }
        return failed > 0 ? 1 : status
    }

    /// The checksum of POSIX `cksum`.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        func step(_ crc: UInt32, _ byte: UInt8) -> UInt32 {
            var value = crc ^ UInt32(byte) << 24
            for _ in 0..<8 { value = value & 0x8000_0000 != 0 ? value << 1 ^ 0x04C1_1DB7 : value << 1 }
            return value
        }
        var crc = bytes.reduce(0, step)
        var length = bytes.count
        while length > 0 {
            crc = step(crc, UInt8(truncatingIfNeeded: length))
            length >>= 8
        }
        return ~crc
    }

    private static func cmp(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "sl")
        guard options.operands.count >= 2 else { throw AppletFailure("missing operand", status: 2) }
        let (left, right) = (try process.open(options.operands[0]), try process.open(options.operands[1]))
        let (first, second) = (try await process.all(left), try await process.all(right))
        for (index, (one, two)) in zip(first, second).enumerated() where one != two {
            if !options.has("s") {
                let line = first[..<index].count { $0 == 10 } + 1
                try await process.put(
                    "\(options.operands[0]) \(options.operands[1]) differ: char \(index + 1), line \(line)")
            }
            return 1
        }
        guard first.count != second.count else { return 0 }
        if !options.has("s") {
            await process.complain(
                "cmp: EOF on \(first.count < second.count ? options.operands[0] : options.operands[1])")
        }
        return 1
    }

    /// `diff` in the unified form, with files of up to 2,000 lines each; longer ones only differ or not.
    private static func diff(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "uqrNbwBiaU:", long: ["brief": "q", "unified": "u"])
        guard options.operands.count == 2 else { throw AppletFailure("missing operand", status: 2) }
        var texts: [[String]] = []
        for path in options.operands {
            do {
                let text = String(decoding: try await process.all(try process.open(path)), as: UTF8.self)
                texts.append(text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
            } catch let error as FileError {
                throw AppletFailure("\(path): \(error)", status: 2)
            }
        }
        if texts[0] == texts[1] { return 0 }
        let names = options.operands
        if options.has("q") || texts[0].count > 2_000 || texts[1].count > 2_000 {
            try await process.put("Files \(names[0]) and \(names[1]) differ")
            return 1
        }
        let lines = texts.map { $0.last?.isEmpty == true ? Array($0.dropLast()) : $0 }
        var output = BufferedOutput(process.output)
        try await output.line("--- \(names[0])\n+++ \(names[1])\n@@ -1,\(lines[0].count) +1,\(lines[1].count) @@")
        let changes = lines[1].difference(from: lines[0])
        var (removed, inserted): (Set<Int>, Set<Int>) = ([], [])
        for change in changes {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var (old, new) = (0, 0)
        while old < lines[0].count || new < lines[1].count {
            if old < lines[0].count, removed.contains(old) {
                try await output.line("-" + lines[0][old])
                old += 1
            } else if new < lines[1].count, inserted.contains(new) {
                try await output.line("+" + lines[1][new])
                new += 1
            } else {
                guard old < lines[0].count else { break }
                try await output.line(" " + lines[0][old])
                old += 1
                new += 1
            }
        }
        try await output.flush()
        return 1
    }
}
