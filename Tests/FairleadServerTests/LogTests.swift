#if os(Linux)
    import FairleadModel
    import Foundation
    import Glibc
    import Logging
    import Testing

    @testable import FairleadServer

    @Suite(.timeLimit(.minutes(1)))
    struct LogTests {
        private let pipe = Pipe()

        private func logger(_ json: Bool = false) -> Logger {
            let stream = LogStream(descriptor: pipe.fileHandleForWriting.fileDescriptor)
            let now: @Sendable () -> Timestamp = { Timestamp(seconds: 0, nanoseconds: 0) }
            return Logger(label: "l") { _ -> any LogHandler in
                if json { return JSONLogHandler(label: "l", stream: stream, now: now) }
                return TextLogHandler(label: "l", stream: stream, now: now)
            }
        }

        /// All that is in the pipe.
        private func read() -> [String] {
            let descriptor = pipe.fileHandleForReading.fileDescriptor
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            var data: [UInt8] = []
            var part = [UInt8](repeating: 0, count: 65536)
            while case let count = Glibc.read(descriptor, &part, part.count), count > 0 { data += part[..<count] }
            return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
        }

        @Test func aLineHasTimeLevelMessageAndFields() {
            logger().warning("disk full", metadata: ["path": "/a b", "code": "28"])
            #expect(read() == ["1970-01-01T00:00:00.000000Z warning l: disk full code=28 path=\"/a b\""])
        }

        @Test func whatComesInAFieldCannotMakeALine() {
            logger().error("one\ntwo", metadata: ["key": "a\n1970 info l: forged"])
            #expect(read() == ["1970-01-01T00:00:00.000000Z error l: one\\ntwo key=\"a\\n1970 info l: forged\""])
            logger(true).error("one\ntwo", metadata: ["level": "info", "key": "a\nb"])
            let lines = read()
            #expect(lines.count == 1)
            #expect(lines.first?.contains("\"level\":\"error\"") == true)
        }

        @Test(arguments: [false, true])
        func nobodyReadsAndNobodyWaits(json: Bool) {
            let logger = logger(json)
            for number in 0..<5000 { logger.info("line \(number) \(String(repeating: "x", count: 100))") }
            let seen = read()
            #expect(seen.first?.contains("line 0 ") == true)
            #expect((100..<1000).contains(seen.count))
            #expect(seen.last?.hasSuffix(json ? "\"}" : "xxx") == true, "a whole line")
            logger.info("again")
            let after = read()
            let missing = 5000 - seen.count
            #expect(after.contains { $0.contains("nobody read the log") && $0.contains("\(missing)") }, "\(after)")
            #expect(after.last?.contains("again") == true)
        }

        @Test func aReaderThatIsGoneIsNoReasonToDie() {
            let logger = logger()
            pipe.fileHandleForReading.closeFile()
            logger.error("into nothing")
            logger.error("again")
        }

        @Test func aLineOfMegabytesIsCut() {
            logger().error("\(String(repeating: "x", count: 3_000_000))")
            let text = read().joined()
            #expect(text.utf8.count < 20_000)
            #expect(text.hasSuffix("…"))
        }
    }
#endif
