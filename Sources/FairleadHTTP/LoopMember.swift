/// Whatever an event loop watches over: connections, streams of HTTP/2 and handshakes.
protocol LoopMember: AnyObject {
    /// The tick at which `timeOut` is called; `.max` for never.
    var deadline: Int { get }
    /// Whether a request is being answered that shutdown should wait for.
    var isAtWork: Bool { get }
    func timeOut()
    /// The server stops: ends what may end now.
    func drain()
    /// Closes without any further answer.
    func close()
}
