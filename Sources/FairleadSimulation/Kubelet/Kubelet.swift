package import FairleadClient
import FairleadModel
import FairleadScheduling

/// The kubelets of all simulated nodes: start and stop the pods bound to them.
///
/// Works on nodes with the annotation `fairlead.dev/simulated: "true"` that are not down. All state that matters is in
/// the pods' status, so a restart continues where it was.
///
/// Many workers: each waits for the commit of its status most of the time, and those that wait together share one.
package enum Kubelet {
    package static let descriptor = ControllerDescriptor("kubelet", isStandIn: true, workers: 64, backoff: .impatient) {
        (setup: ControllerSetup<ObjectName>, settings: Simulation.Settings) in
        let pods = setup.watch(.pods)
        let nodes = setup.watch(.nodes)
        NodeIndex.install(on: pods)
        let lister = pods.lister
        let recorder = setup.recorder()
        if let runtime = settings.runtime { connect(runtime, setup, lister, nodes.lister, recorder) }
        let worker = KubeletWorker(
            client: setup.client, pods: lister, nodes: nodes.lister, recorder: recorder,
            delays: settings.delays, stages: settings.stages, now: setup.now, clock: setup.clock,
            runtime: settings.runtime)
        setup.map(pods) { change in
            if change.isDeletion || change.old?.value.uid != change.new?.value.uid {
                worker.forget(change.old?.value.uid)
            }
            guard let new = change.new, !PodView(new).nodeName.isEmpty else { return [] }
            worker.note(new.value, before: change.old?.value)
            return worker.isNews(change) ? [change.name] : []
        }
        setup.map(nodes) { change in
            let wasAlive = change.old.map { SimulationKeys.isAlive($0.value) && $0.value.uid == change.new?.value.uid }
            guard let new = change.new, SimulationKeys.isAlive(new.value), wasAlive != true else { return [] }
            return NodeIndex.pods(on: new.key.name, in: lister).map(\.objectName)
        }
        // The nodes' ranges are known now: record the addresses of pods from before a restart.
        setup.begin {
            for pod in lister.list() { worker.note(pod.value) }
            return []
        }
        return { try await worker.reconcile($0) }
    }

    /// Tells the runtime what it needs to know of the cluster.
    private static func connect(
        _ runtime: ContainerRuntime, _ setup: ControllerSetup<ObjectName>, _ pods: Lister, _ nodes: Lister,
        _ recorder: EventRecorder
    ) {
        let configMaps = setup.watch(.configMaps)
        let secrets = setup.watch(.secrets)
        let claims = setup.watch(.persistentVolumeClaims)
        setup.map(claims) { change in
            // What a bound claim has belongs to its volume.
            if change.isDeletion, let claim = change.old?.value, claim.at("spec", "volumeName") == nil {
                runtime.machines.forget(volume: NodeFiles.volumeName(of: claim))
            }
            return []
        }
        setup.map(setup.watch(.persistentVolumes)) { change in
            if change.isDeletion { runtime.machines.forget(volume: NodeFiles.volumeName(change.name.name)) }
            return []
        }
        setup.map(setup.watch(.nodes)) { change in
            if change.isDeletion { runtime.machines.forget(node: change.name.name) }
            return []
        }
        runtime.connect(
            ContainerRuntime.Cluster(
                objects: InformedObjects(
                    configMaps: configMaps.lister, secrets: secrets.lister,
                    claims: claims.lister, nodes: nodes, pods: pods,
                    services: setup.watch(.services).lister),
                notify: { [queue = setup.queue] in queue.add($0) },
                record: { pod, event in
                    recorder.event(
                        about: pod, type: event.type, reason: event.reason, message: event.message,
                        fieldPath: event.fieldPath)
                }))
        for (informer, kind) in [(configMaps, VolumeProjection.Reference.Kind.configMap), (secrets, .secret)] {
            setup.map(informer) { change in
                runtime.refresh(
                    after: VolumeProjection.Reference(
                        kind: kind, namespace: change.name.namespace, name: change.name.name))
                return []
            }
        }
        setup.runAlongside {
            await Gate().wait()
            await runtime.shutdown()
        }
    }
}
