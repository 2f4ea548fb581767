import FairleadModel

extension Kind {
    static let horizontalPodAutoscaler = Kind(
        "HorizontalPodAutoscaler", group: "autoscaling", version: "v2", resource: "horizontalpodautoscalers",
        shortNames: ["hpa"], categories: ["all"], subresources: [.status("HorizontalPodAutoscaler")],
        package: "autoscaling.v2", storageHash: "qwQve8ut294=", columns: .horizontalPodAutoscalers)
}
