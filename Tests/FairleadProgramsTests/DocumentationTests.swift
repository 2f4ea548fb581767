import Foundation
import Testing

@testable import FairleadPrograms

/// docs/programs.md, held to the tables.
struct DocumentationTests {
    private static func page() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "docs/programs.md"), encoding: .utf8)
    }

    /// Images that stand for others like them: `ubuntu …`.
    private static let unlisted: Set<String> = [
        "almalinux", "alpine/curl", "alpine/git", "amazonlinux", "bitnami/git", "buildpack-deps", "cp-kafka", "curl",
        "distroless-iptables", "echoserver-amd64", "gb-redisslave", "ipc-utils", "mongodb", "mysql-server",
        "nginxhttps", "opensearch", "pause-amd64", "redis-stack", "rockylinux",
    ]

    @Test func everyImageIsNamed() throws {
        let page = try Self.page()
        for name in ImageTable(now: { TestContainer.start }).names where !Self.unlisted.contains(name) {
            let last = name.split(separator: "/").last.map(String.init) ?? name
            #expect(page.contains(last) || last.hasPrefix("examples-bookinfo-"), "\(name)")
        }
    }

    @Test func everySubcommandIsNamed() throws {
        let page = try Self.page()
        for name in Agnhost().subcommands { #expect(page.contains("`\(name)`"), "\(name)") }
    }

    /// The example is what the parser takes.
    @Test func theExampleCanBeRead() throws {
        let page = try Self.page()
        let start = try #require(page.firstRange(of: "```yaml\n"))
        let end = try #require(page[start.upperBound...].firstRange(of: "```"))
        let programs = try UserPrograms(yaml: String(page[start.upperBound..<end.lowerBound]))
        #expect(programs.count == 4)
        #expect(programs.readyAfter(image: "example.com/shop/cart:1", container: "web-1") == .seconds(5))
    }
}
