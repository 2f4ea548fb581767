/// What every controller does in `run`: wait for the caches, then work until cancelled.
package enum ControllerLoop {
    package static func run(
        _ runner: ControllerRunner<some Hashable & Sendable>, after informers: [Informer],
        recorder: EventRecorder? = nil
    ) async {
        for informer in informers { await informer.waitForSync() }
        if Task.isCancelled { return }
        await withTaskGroup(of: Void.self) { group in
            if let recorder { group.addTask { await recorder.run() } }
            await runner.run()
            group.cancelAll()
        }
    }
}
