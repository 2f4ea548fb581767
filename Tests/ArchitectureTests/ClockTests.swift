import Foundation
import Testing

/// docs/decisions/clocks.md: one clock for all that waits, and it is not the one that timers here do not follow.
@Suite
struct ClockTests {
    @Test
    func nothingWaitsByAClockThatGoesOnDuringASuspend() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let files = try #require(
            FileManager.default.enumerator(at: root.appending(path: "Sources"), includingPropertiesForKeys: nil))
        var found: [String] = []
        var looked = 0
        for case let file as URL in files where file.pathExtension == "swift" {
            looked += 1
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                let isSleep = line.contains("Task.sleep(") && !line.contains(".suspending")
                if line.contains("ContinuousClock") || line.contains(".continuous") || isSleep {
                    found.append("\(file.lastPathComponent): \(line)")
                }
            }
        }
        #expect(looked > 100)
        #expect(found.isEmpty)
    }
}
