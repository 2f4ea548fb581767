import Foundation
import Testing

/// What SECURITY.md says is done by the code that it names.
struct SecurityTests {
    /// `FOLDER/FILE.swift` or `FOLDER/FILE.swift`: `NAME`; both have to be there.
    @Test func everyPieceOfCodeThatKeepsSomebodyOutIsThere() throws {
        let text = try String(contentsOf: ModuleTableTests.root.appending(path: "SECURITY.md"), encoding: .utf8)
        var count = 0
        for match in text.matches(of: /`(?<file>[A-Za-z0-9\/+]+\.swift)`(?:: `(?<name>[A-Za-z0-9]+)`)?/) {
            count += 1
            let file = ModuleTableTests.root.appending(path: "Sources/\(match.output.file)")
            let code = try? String(contentsOf: file, encoding: .utf8)  // reported in the next line
            let found = try #require(code, "SECURITY.md names \(match.output.file), which is not there")
            if let name = match.output.name {
                #expect(found.contains(name), "SECURITY.md names \(name), which is not in \(match.output.file)")
            }
        }
        #expect(count > 20)
    }
}
