import Foundation
import Testing

/// A module that has outgrown its table is several modules.
struct ModuleSizeTests {
    private static let mostLines = 8000

    @Test(arguments: ModuleTableTests.allowed.keys.sorted())
    func noModuleIsTooLong(module: String) throws {
        let lines = try ModuleTableTests.swiftFiles(of: module).reduce(0) { sum, file in
            sum + (try String(contentsOf: file, encoding: .utf8)).utf8.count { $0 == UInt8(ascii: "\n") }
        }
        #expect(lines <= Self.mostLines, "\(module) has \(lines) lines")
    }
}
