import FairleadModel
import FairleadRouting
import Foundation
import Testing

@testable import FairleadProxy

struct KernelTests {
    /// A program that answers as nft does, but changes nothing: lines with `bad` are refused, `end` ends it.
    private static let script = """
        #!/bin/sh
        [ "$1" = -i ] || { cat >/dev/null; echo "Error: no" >&2; exit 1; }
        while read -r line; do
            case "$line" in
            describe*) echo "a mark is explained" ;;
            *bad*) echo "Error: Could not process rule: No such file or directory" >&2; echo "$line" >&2 ;;
            *end*) exit 0 ;;
            esac
        done
        """

    private func fake() throws -> (Program, URL) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "fairlead-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appending(path: "nft")
        try Self.script.write(to: file, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
        return (try #require(Program(named: "nft", path: folder.path)), folder)
    }

    @Test func linesAreAnsweredOneByOne() async throws {
        let (program, folder) = try fake()
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
        let session = NftSession(program)
        for _ in 0..<3 { try await session.apply("add element a") }
        let refusal = await #expect(throws: KernelRefusal.self) { try await session.apply("bad") }
        #expect(refusal?.description == "Error: Could not process rule: No such file or directory\nbad")
        try await session.apply("good again")
        await session.close()
    }

    @Test func aProgramThatEndsIsStartedAgain() async throws {
        let (program, folder) = try fake()
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
        let session = NftSession(program)
        let refusal = await #expect(throws: KernelRefusal.self) { try await session.apply("end") }
        #expect(refusal?.description.contains("nft has ended") ?? false)
        try await session.apply("good")
        let other = await #expect(throws: KernelRefusal.self) { try await session.load("much") }
        #expect(other?.description == "Error: no")
        await session.close()
    }

    @Test func theProgramIsReplacedAfterManyLines() async throws {
        let (program, folder) = try fake()
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
        let session = NftSession(program)
        for number in 0..<520 { try await session.apply("line \(number)") }
        await session.close()
    }

    @Test func programsAreFoundWhereAdministratorsHaveThem() {
        #expect(Program(named: "no-such-program-anywhere", path: "/bin") == nil)
        #expect(Program(named: "sh", path: "/usr/bin:/bin")?.path.hasSuffix("/bin/sh") ?? false)
        #expect(Program(named: "sh", path: "relative") == nil)
    }

    @Test(arguments: [
        (
            "udp      17 29 src=192.0.2.1 dst=10.96.0.7 sport=35948 dport=53 [UNREPLIED] src=10.244.1.1 dst=192.0.2.1 sport=5353 dport=25551 mark=0 use=1",
            "10.96.0.7:53 10.244.1.1:5353"
        ),
        (
            "udp      17 100 src=fd00::1 dst=fd00:96::a sport=1 dport=53 src=fd00:244::1 dst=fd00::1 sport=53 dport=1 [ASSURED] mark=0 use=1",
            "[fd00:96::a]:53 [fd00:244::1]:53"
        ),
        ("conntrack v1.4.7 (conntrack-tools): 1 flow entries have been shown.", ""),
        ("udp 17 29 src=192.0.2.1 dst=10.96.0.7 sport=35948 dport=53", ""),
    ])
    func linesOfConntrackAreRead(line: String, wanted: String) {
        let found = Conntrack.parse(line).map { "\($0.destination) \($0.answering)" } ?? ""
        #expect(found == wanted)
    }
}
