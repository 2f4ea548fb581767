import FairleadModel
import Testing

@testable import FairleadSimulation

/// `$(VAR)` in commands and variables.
@Suite struct ExpansionTests {
    private static let values = ["A": "1", "B": "two", "EMPTY": "", "odd-name": "x"]

    @Test(arguments: [
        ("plain", "plain"), ("$(A)", "1"), ("$(A)-$(B)", "1-two"), ("$(NONE)", "$(NONE)"), ("$$(A)", "$(A)"),
        ("$$$(A)", "$1"), ("$$", "$"), ("$", "$"), ("a$", "a$"), ("$A", "$A"), ("$(A", "$(A"), ("$((A)", "$((A)"),
        ("$(EMPTY)", ""), ("$(odd-name)", "x"), ("$()", "$()"), ("`$(A)`", "`1`"), ("$$(dig $(A))", "$(dig 1)"),
        ("$(A)$(", "1$("), ("ü$(B)ü", "ütwoü"), ("$(A $(B)", "$(A $(B)"),
    ])
    func golden(text: String, result: String) {
        #expect(VariableExpansion.expand(text) { Self.values[$0] } == result)
    }

    @Test func textsThatGrowAreCut() {
        let grown = VariableExpansion.expand(String(repeating: "$(X)", count: 100_000)) { _ in
            String(repeating: "y", count: 100_000)
        }
        #expect(grown.utf8.count <= 2 * VariableExpansion.longest)
        #expect(VariableExpansion.expand(String(repeating: "$(", count: 60_000)) { _ in nil }.utf8.count == 120_000)
    }
}
