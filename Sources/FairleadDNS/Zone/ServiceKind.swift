/// Kinds of Services as `/metrics` tells them apart: whose change it was that took a while to be seen.
enum ServiceKind: String, CaseIterable, Sendable {
    case clusterIP = "cluster_ip"
    case headlessWithSelector = "headless_with_selector"
    case headlessWithoutSelector = "headless_without_selector"
}
