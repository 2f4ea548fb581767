package import FairleadContainers
package import FairleadModel

/// A container that needs no task of its own: it runs quietly for ever, and its ports answer.
package struct IdleContainer: Sendable {
    package struct Port: Hashable, Sendable {
        package var number: UInt16
        package var isUDP: Bool

        package init(_ number: UInt16, isUDP: Bool = false) {
            self.number = number
            self.isUDP = isUDP
        }
    }

    package var image: String
    /// Whose ports are declared in the pod.
    package var ports: [Port]
    /// How it ends after TERM.
    package var terminated: ExitStatus
    /// Whether it writes lines about its start.
    package var logs: Bool

    package init(image: String, ports: [Port], terminated: ExitStatus = ExitStatus(143), logs: Bool = true) {
        self.image = image
        self.ports = ports
        self.terminated = terminated
        self.logs = logs
    }

    /// What the container has written when it has started.
    package func log(container: String, at time: Timestamp) -> [String] {
        guard logs else { return [] }
        let date = time.rfc3339
        return ["\(date) starting \(container) from \(image)"]
            + ports.map { "\(date) listening on \($0.isUDP ? "udp" : "tcp") port \($0.number)" }
    }

    /// Opens the ports: HTTP says which image and pod answer, UDP sends back what came. A port that another container
    /// of the pod has already is left to it.
    package func open(in world: ContainerWorld) -> [any Listening] {
        let text =
            "This is \(world.pod) (namespace \(world.namespace), container \(world.container)), "
            + "a simulated container of the image \(image).\n"
        let now = world.now
        return ports.compactMap { port in
            if port.isUDP {
                // As said above.
                return try? world.network.answerDatagrams(on: port.number, address: nil) { bytes, _ in bytes }
            }
            // As said above.
            return try? world.network.listen(on: port.number, address: nil) { connection in
                await WebServer.serve(connection, now: now, bodyLimit: 1 << 20) { _ in WebResponse(200, text: text) }
            }
        }
    }
}

/// The same as a process, for where one is wanted.
struct IdleProgram: Program {
    let container: IdleContainer

    init(_ container: IdleContainer) { self.container = container }

    func run(_ process: Process) async -> ExitStatus {
        let open = container.open(in: process.world)
        defer { for port in open { port.close() } }
        for line in container.log(container: process.world.container, at: process.world.now()) {
            await process.print(line)
        }
        while let signal = await process.signals.next() {
            if signal == .terminate { return container.terminated }
            if signal == .interrupt { return ExitStatus(container.terminated.code == 0 ? 0 : 130) }
        }
        return .killed
    }
}
