/// Where rules take effect: nft in production, a simulated table in tests.
package protocol RuleKernel: Sendable {
    /// Carries out commands, on as many lines as there are, as one transaction: all of them or, if this throws, none.
    func load(_ script: String) async throws(KernelRefusal)

    /// The same for few commands on one line, without a new process.
    func apply(_ line: String) async throws(KernelRefusal)

    /// Ends what has been started. Rules stay.
    func close() async
}

/// Why the kernel, or nft on its behalf, has not carried out a transaction.
package struct KernelRefusal: Error, Hashable, CustomStringConvertible {
    /// The first lines of what nft says.
    package let description: String

    package init(_ text: String) {
        let lines = text.split(separator: "\n").prefix(4).map { $0.count > 300 ? "\($0.prefix(300)) …" : String($0) }
        description = lines.isEmpty ? "no reason was given" : lines.joined(separator: "\n")
    }
}
