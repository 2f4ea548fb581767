#if os(Linux)
    import Foundation
    import Testing

    @testable import FairleadServer

    /// Each of these ends a process of its own.
    struct CrashReportTests {
        private static func text(_ result: ExitTest.Result?) throws -> String {
            String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
        }

        @Test func aStackThatOverflowsOnAnyThreadIsReported() async throws {
            let result = await #expect(processExitsWith: .signal(SIGSEGV), observing: [\.standardErrorContent]) {
                CrashReport.install(format: .text)
                let thread = Thread { print(deeper(1)) }
                thread.name = "deep"
                thread.start()
                while true { pause() }
            }
            let text = try Self.text(result)
            let last = try #require(text.split(separator: "\n").last)
            #expect(last.contains("the stack overflowed"), "\(text)")
            #expect(last.contains("version=\"\(FairleadVersion.current)\""))
            #expect(last.contains("deeper"), "the frames have names")
            #expect(last.contains("todo="))
        }

        @Test func aFailedCheckIsReportedAsJSONWhereThatIsTheFormat() async throws {
            let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                CrashReport.install(format: .json)
                // What the number is, the optimiser does not know.
                let number = Int(ProcessInfo.processInfo.processIdentifier)
                print(number + (Int.max - 1))
            }
            let last = try #require(try Self.text(result).split(separator: "\n").last)
            let line = try #require(try JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: String])
            #expect(line["msg"] == "crashed")
            #expect(line["level"] == "critical")
            #expect(line["backtrace"]?.contains("+0x") == true)
        }

        @Test func aSignalFromOutsideSaysWhoSentIt() async throws {
            let result = await #expect(processExitsWith: .signal(SIGBUS), observing: [\.standardErrorContent]) {
                CrashReport.install(format: .text)
                kill(getpid(), SIGBUS)
                while true { pause() }
            }
            let text = try Self.text(result)
            #expect(text.contains("SIGBUS sent by process"), "\(text)")
        }
    }

    /// Until the stack ends.
    @inline(never)
    private func deeper(_ depth: Int) -> Int {
        withUnsafeTemporaryAllocation(byteCount: 512, alignment: 8) { buffer in
            buffer.storeBytes(of: depth, as: Int.self)
            return deeper(depth + 1) + buffer.load(as: Int.self)
        }
    }
#endif
