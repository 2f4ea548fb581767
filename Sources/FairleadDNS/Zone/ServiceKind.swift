/// The kinds of Services that `/metrics` distinguishes for the delay of changes.
enum ServiceKind: String, CaseIterable, Sendable {
    case clusterIP = "cluster_ip"
    case headlessWithSelector = "headless_with_selector"
    case headlessWithoutSelector = "headless_without_selector"
}
