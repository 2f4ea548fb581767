package import FairleadClient
import FairleadModel

/// Binds pods of `default-scheduler` to nodes. Pods that fit nowhere are looked at again when something has changed that
/// refused them.
package enum Scheduler {
    /// What the scheduler needs beyond its context.
    package struct Settings: Sendable {
        package var binder: any PodBinder

        package init(binder: any PodBinder) { self.binder = binder }
    }

    /// Many workers wait for bindings to be written, which share commits; decisions are made one at a time.
    package static let descriptor = ControllerDescriptor(
        "kube-scheduler", alias: "scheduler", isStandIn: true, workers: 32, backoff: .impatient
    ) { (setup: ControllerSetup<SchedulerKey>, settings: Settings) in
        let pods = setup.watch(.pods)
        NodeIndex.install(on: pods)
        let services = setup.watch(.services)
        let claims = setup.watch(.persistentVolumeClaims)
        let volumes = setup.watch(.persistentVolumes)
        let classes = setup.watch(.storageClasses)
        let budgets = setup.watch(.podDisruptionBudgets)
        let (claimLister, volumeLister, classLister) = (claims.lister, volumes.lister, classes.lister)
        let worker = SchedulerWorker(
            client: setup.client, binder: settings.binder, pods: pods.lister, services: services.lister,
            budgets: budgets.lister,
            volumes: VolumeNeeds.Source(
                claim: { claimLister.get($0)?.value },
                volume: { volumeLister.get(namespace: "", name: $0)?.value },
                volumes: { volumeLister.list().map(\.value) },
                storageClass: { classLister.get(namespace: "", name: $0)?.value }),
            recorder: setup.recorder(component: "default-scheduler"), now: setup.now, clock: setup.clock,
            enqueue: { [queue = setup.queue] in queue.add(.pod($0)) })
        // A moment in which many changes become one look at those that wait.
        let pause = Duration.milliseconds(5)
        let moved: @Sendable (Bool) -> Void = { [queue = setup.queue] hasMoved in
            if hasMoved { queue.addAfter(.moved, pause) }
        }
        setup.map(setup.watch(.nodes)) { change in
            moved(worker.observe(node: change))
            return []
        }
        setup.map(setup.watch(.namespaces)) { change in
            moved(worker.observe(namespace: change))
            return []
        }
        setup.map(pods) { change in
            let news = worker.observe(pod: change)
            moved(news.hasMoved)
            return news.isWaiting ? [.pod(change.name)] : []
        }
        for informer in [claims, volumes, classes] {
            setup.map(informer) { change in
                if change.isDeletion { return [] }
                moved(worker.note([.volumes, .claims]))
                return worker.holders(of: change.name).map { .pod($0) }
            }
        }
        return { try await worker.reconcile($0) }
    }
}

/// What the scheduler's queue holds.
enum SchedulerKey: Hashable, Sendable, CustomStringConvertible {
    case pod(ObjectName)
    /// Something has changed: those that wait for it are looked at again.
    case moved

    var description: String {
        switch self {
        case .pod(let name): name.description
        case .moved: "moved"
        }
    }
}
