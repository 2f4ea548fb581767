import FairleadModel
import Testing

@testable import FairleadIdentity

struct TokenFileTests {
    @Test func linesAreUsers() throws {
        let file = try TokenFile(
            "t1,alice,u1,\"devs,ops\"\r\n\nt2,bob,u2\n\"t,3\",\"c\"\"c\",u3,one\nt4,dan,u4,\"\"", source: "f")
        #expect(file.user("t1") == UserInfo(name: "alice", uid: "u1", groups: ["devs", "ops"]))
        #expect(file.user("t2") == UserInfo(name: "bob", uid: "u2"))
        #expect(file.user("t,3") == UserInfo(name: "c\"c", uid: "u3", groups: ["one"]))
        #expect(file.user("t4") == UserInfo(name: "dan", uid: "u4", groups: [""]))
        #expect(file.user("") == nil && file.user("t") == nil && file.user("t1 ") == nil)
        #expect(file.warnings.isEmpty)
    }

    @Test func oddFilesAreReported() throws {
        #expect(throws: IdentityError.self) { try TokenFile("a,b", source: "f") }
        #expect(throws: IdentityError.self) { try TokenFile("a,b,\"c", source: "f") }
        #expect(throws: IdentityError.self) { try TokenFile("a,b\"x,c", source: "f") }
        #expect(throws: IdentityError.self) { try TokenFile("a,\"b\"x,c", source: "f") }
        let file = try TokenFile(",nobody,1\na,one,1\na,two,2", source: "f")
        #expect(file.warnings.count == 2)
        #expect(file.user("a")?.name == "two" && file.user("") == nil)
    }
}
