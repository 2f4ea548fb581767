import FairleadKindRules
import FairleadModel

extension Kind {
    static let horizontalPodAutoscaler = Kind(
        "HorizontalPodAutoscaler", group: "autoscaling", version: "v2", resource: "horizontalpodautoscalers",
        shortNames: ["hpa"], categories: ["all"], subresources: [.status("HorizontalPodAutoscaler")],
        package: "autoscaling.v2", storageHash: "qwQve8ut294=",
        strategy: HorizontalPodAutoscalerStrategy(fillsBehavior: true), columns: .horizontalPodAutoscalers)

    /// The same autoscalers in their older form, which supports only CPU utilization.
    static let horizontalPodAutoscalerV1 = Kind(
        "HorizontalPodAutoscaler", group: "autoscaling", version: "v1", resource: "horizontalpodautoscalers",
        shortNames: ["hpa"], categories: ["all"], subresources: [.status("HorizontalPodAutoscaler")],
        package: "autoscaling.v1", storageHash: "qwQve8ut294=",
        strategy: HorizontalPodAutoscalerStrategy(fillsBehavior: false),
        columns: TablePrinter(TablePrinter.horizontalPodAutoscalers.definitions) { subject in
            TablePrinter.horizontalPodAutoscalers.row(
                for: AutoscalerConversion.toV2(subject.object), now: subject.now)
        }, conversion: .autoscalers)
}

extension Kind.Conversion {
    static let autoscalers = Kind.Conversion(
        storedType: "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler", storedAPIVersion: "autoscaling/v2",
        fromStored: AutoscalerConversion.toV1, toStored: AutoscalerConversion.toV2)
}
