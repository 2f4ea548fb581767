import FairleadClient
import FairleadClientTesting
import FairleadModel
import FairleadRemote
import Foundation
import Logging
import NIOSSL
import Synchronization
import Testing

struct Timeout: Error {}

/// Fails the test if the condition never comes true.
func wait(_ condition: () -> Bool) async throws {
    guard await eventually(condition) else { throw Timeout() }
}

extension RemoteLimits {
    /// A busy machine shall not fail a test that is not about time.
    static var patient: RemoteLimits {
        var limits = RemoteLimits()
        limits.connecting = .seconds(300)
        limits.answering = .seconds(300)
        return limits
    }
}

/// A client of a server at that URL, for as long as `body` runs.
func withClient<Result>(
    _ server: RemoteServer, limits: RemoteLimits = .patient, clock: any DelayClock = SystemDelayClock(),
    _ body: (RemoteClient) async throws -> Result
) async throws -> Result {
    let client = try RemoteClient(server, limits: limits, clock: clock)
    do {
        let result = try await body(client)
        await client.shutdown()
        return result
    } catch {
        await client.shutdown()
        throw error
    }
}

/// A server that answers as `respond` says, and a client of it.
func withServer(
    limits: RemoteLimits = .patient, clock: any DelayClock = SystemDelayClock(), prefix: String = "",
    credentials: RemoteServer.Credentials = .none, _ respond: @escaping TestAPIServer.Respond,
    _ body: (TestAPIServer, RemoteClient) async throws -> Void
) async throws {
    let server = try await TestAPIServer.start(respond)
    do {
        var remote = RemoteServer(url: try ServerURL(server.url + prefix))
        remote.credentials = credentials
        try await withClient(remote, limits: limits, clock: clock) { try await body(server, $0) }
        await server.stop()
    } catch {
        await server.stop()
        throw error
    }
}

/// The result of a call; fails the test if it does not return within as many looks as `eventually` takes.
func patiently<Result: Sendable>(_ call: @escaping @Sendable () async throws -> Result) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
        defer { group.cancelAll() }
        group.addTask { try await call() }
        group.addTask {
            _ = await eventually { Task.isCancelled }
            return nil
        }
        guard let result = try await group.next() ?? nil else { throw Timeout() }
        return result
    }
}

/// The failure of a call; fails the test if there is none.
func failure(_ call: @escaping @Sendable () async throws -> Void) async throws -> APIStatus {
    do {
        try await patiently(call)
    } catch let error as APIStatus {
        return error
    }
    return try #require(nil, "the call did not fail")
}

/// A folder that is gone afterwards.
func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "fairlead-remote-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }  // what is left is the system's to remove
    try await body(folder)
}

func write(_ text: String, to path: String) throws {
    try text.write(toFile: path, atomically: true, encoding: .utf8)
}

/// The texts of objects, lists and events, as servers write them.
enum Wire {
    static func service(_ name: String, namespace: String = "default", revision: Int, isItem: Bool = false) -> String {
        let type = isItem ? "" : #""kind":"Service","apiVersion":"v1","#
        return #"{\#(type)"metadata":{"name":"\#(name)","namespace":"\#(namespace)","uid":"u-\#(name)","#
            + #""resourceVersion":"\#(revision)","managedFields":[{"manager":"kubectl"}]},"spec":{"ports":[{"port":80}]}}"#
    }

    static func list(_ items: [String], revision: Int, continueToken: String = "") -> String {
        #"{"kind":"ServiceList","apiVersion":"v1","metadata":{"resourceVersion":"\#(revision)","#
            + #""continue":"\#(continueToken)"},"items":[\#(items.joined(separator: ","))]}"#
    }

    static func event(_ type: String, _ object: String) -> String { #"{"type":"\#(type)","object":\#(object)}"# + "\n" }

    static func bookmark(_ revision: Int) -> String {
        event("BOOKMARK", #"{"kind":"Service","apiVersion":"v1","metadata":{"resourceVersion":"\#(revision)"}}"#)
    }

    static func status(_ code: Int, _ reason: String, _ message: String) -> String {
        #"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"\#(message)","#
            + #""reason":"\#(reason)","code":\#(code)}"#
    }
}

extension [WatchEvent] {
    /// `added a 3`, for comparisons.
    var texts: [String] { map { "\($0.kind) \($0.object?.key.name ?? "-") \($0.revision)" } }
}

/// The answers that a server has begun, so that a test can go on with them.
final class Answers: Sendable {
    private let state = Mutex([TestAnswer]())

    var all: [TestAnswer] { state.withLock { $0 } }
    var count: Int { all.count }

    func add(_ answer: TestAnswer) { state.withLock { $0.append(answer) } }

    /// The answer with that number, when it is there.
    func next(_ index: Int) async throws -> TestAnswer {
        try await wait { count > index }
        return all[index]
    }
}
