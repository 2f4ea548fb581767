import FairleadModel

/// Why a pod is not a ready endpoint, and which commands tell more.
struct PodAilment: Equatable {
    var why: String
    var commands: [String]
    /// The object to change, if it is not the pod.
    var object: ServiceExplanation.Subject?

    /// - Returns: nil for a pod that is a ready endpoint.
    init?(of pod: PodView, _ explainer: ServiceExplainer) {
        let kubectl = explainer.kubectl
        let describe = "\(kubectl) describe pod \(pod.name)"
        let node = pod.nodeName.isEmpty ? nil : explainer.inputs.node(pod.nodeName).map(NodeView.init)
        if pod.isTerminating {
            self.init(why: "is being deleted", commands: [describe])
        } else if pod.isFinished {
            self.init(why: "has finished (\(pod.phase))", commands: [describe])
        } else if pod.nodeName.isEmpty {
            let message = pod.condition("PodScheduled")?["message"]?.string
            self.init(why: "is on no node: \(message ?? "no scheduler has placed it yet")", commands: [describe])
        } else if node == nil {
            self.init(
                why: "says to be on node \(pod.nodeName), which does not exist",
                commands: ["kubectl get nodes", "\(kubectl) delete pod \(pod.name)"])
        } else if pod.isReady || explainer.service.publishNotReadyAddresses {
            if !pod.podIPs.isEmpty { return nil }
            self.init(why: "has no address", commands: [describe])
        } else {
            self = Self.unready(pod, on: node, explainer, describe)
        }
    }

    private init(why: String, commands: [String]) {
        self.why = why
        self.commands = commands
    }

    /// Why pods on a node that is not ready do not count: whatever their status says is out of date.
    private static func lost(_ node: NodeView, _ explainer: ServiceExplainer) -> PodAilment {
        var commands = ["kubectl describe node \(node.name)"]
        if let down = explainer.inputs.annotations?.down, node.annotations[down] == "true" {
            commands.insert("kubectl annotate node \(node.name) \(down)-", at: 0)
        }
        var ailment = PodAilment(
            why: "its node \(node.name) is NotReady: \(node.unreadyReason)", commands: commands)
        ailment.object = .init(kind: "Node", name: node.name)
        return ailment
    }

    private static func unready(
        _ pod: PodView, on node: NodeView?, _ explainer: ServiceExplainer, _ describe: String
    ) -> PodAilment {
        let kubectl = explainer.kubectl
        if let node, let status = node.readyStatus, status != "True" { return lost(node, explainer) }
        if let annotation = explainer.inputs.annotations?.ready, pod.annotations[annotation] == "false" {
            return PodAilment(
                why: "is kept unready by its annotation \(annotation)=false",
                commands: ["\(kubectl) annotate pod \(pod.name) \(annotation)-"])
        }
        for status in pod.value.items("status", "containerStatuses") {
            guard let waiting = status.at("state", "waiting"), !waiting.text("reason").isEmpty else { continue }
            let reason = waiting.text("reason")
            if reason == "ContainerCreating" || reason == "PodInitializing" { continue }
            let message = waiting.text("message")
            return PodAilment(
                why: "container \(status.text("name")) waits: \(reason)" + (message.isEmpty ? "" : ": \(message)"),
                commands: reason == "CrashLoopBackOff"
                    ? ["\(kubectl) logs \(pod.name) --previous", describe] : [describe])
        }
        if pod.podIPs.isEmpty {
            return PodAilment(why: "has no address yet (\(pod.phase))", commands: [describe])
        }
        if let gate = pod.readinessGates.first(where: { pod.conditionStatus($0) != "True" }) {
            return PodAilment(why: "waits for its readiness gate \(gate)", commands: [describe])
        }
        guard let condition = pod.condition("Ready") else {
            let report = "{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}"
            return PodAilment(
                why: "nobody has reported it ready (no kubelet works for it)",
                commands: ["\(kubectl) patch pod \(pod.name) --subresource=status -p '\(report)'"])
        }
        let message = condition.text("message").isEmpty ? condition.text("reason") : condition.text("message")
        let state = "its condition Ready is \(condition.text("status"))"
        return PodAilment(why: message.isEmpty ? state : "\(state): \(message)", commands: [describe])
    }
}
