/// The run loop of every controller: waits for the first lists, then processes its queue until cancelled.
struct ControllerRuntime<Key: Hashable & Sendable>: Controller {
    let informers: [Informer]
    let companions: [@Sendable () async -> Void]
    let first: [@Sendable () -> [Key]]
    let queue: WorkQueue<Key>
    let runner: ControllerRunner<Key>

    var name: String { runner.name }
    var health: ControllerHealth { runner.health }

    func run() async {
        await withTaskGroup(of: Void.self) { group in
            for companion in companions { group.addTask { await companion() } }
            for informer in informers { await informer.waitForSync() }
            if !Task.isCancelled {
                for keys in first { for key in keys() { queue.add(key) } }
                await runner.run()
            }
            group.cancelAll()
        }
    }
}
