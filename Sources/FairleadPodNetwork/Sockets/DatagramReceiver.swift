import FairleadContainers

/// What gets the datagrams to a port.
enum DatagramReceiver: Sendable {
    /// A socket that somebody reads.
    case queue(DatagramQueue)
    case server(DatagramServer)

    func close() {
        switch self {
        case .queue(let queue): queue.close()
        case .server(let server): server.tasks.abandon()
        }
    }
}

/// What answers each datagram to a port, and the tasks that do.
struct DatagramServer: Sendable {
    let answer: @Sendable (_ bytes: [UInt8], _ from: NetworkAddress) async -> [UInt8]?
    let tasks = TaskKeeper()

    /// How many datagrams are answered at a time; others are lost.
    static let mostAtOnce = 256

    func receive(_ bytes: [UInt8], from: NetworkAddress, reply: @escaping @Sendable ([UInt8]) -> Void) {
        guard tasks.count < Self.mostAtOnce else { return }
        let answer = answer
        tasks.start {
            if let bytes = await answer(bytes, from) { reply(bytes) }
        }
    }
}
