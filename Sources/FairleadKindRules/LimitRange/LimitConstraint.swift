package import FairleadModel

/// One bound of a LimitRange, compared with the requests and limits of an object.
///
/// Reference: minConstraint, maxConstraint, maxRequestConstraint and limitRequestRatioConstraint of k8s.io/kubernetes
/// `plugin/pkg/admission/limitranger`.
package struct LimitConstraint {
    /// `Container`, `Pod` or `PersistentVolumeClaim`.
    let type: String
    /// The resource that the bound is for.
    let name: String
    let bound: Quantity
    let requests: ResourceAmounts
    let limits: ResourceAmounts

    package init(type: String, name: String, bound: Quantity, requests: ResourceAmounts, limits: ResourceAmounts) {
        self.type = type
        self.name = name
        self.bound = bound
        self.requests = requests
        self.limits = limits
    }

    private var request: Quantity? { requests[name] }
    private var limit: Quantity? { limits[name] }

    /// The amounts to compare: in thousandths if none of the three overflows.
    private var compared: (request: Int64, limit: Int64, bound: Int64) {
        let most = Int64.max / 1000
        let request = request ?? Quantity(0)
        let limit = limit ?? Quantity(0)
        if [request, limit, bound].allSatisfy({ $0.value <= most }) {
            return (request.milliValue, limit.milliValue, bound.milliValue)
        }
        return (request.value, limit.value, bound.value)
    }

    package func minimumViolation() -> String? {
        let words = "minimum \(name) usage per \(type) is \(bound)"
        guard let request else { return words + ".  No request is specified" }
        let compared = compared
        if compared.request < compared.bound { return words + ", but request is \(request)" }
        if let limit, compared.limit < compared.bound { return words + ", but limit is \(limit)" }
        return nil
    }

    package func maximumViolation() -> String? {
        let words = "maximum \(name) usage per \(type) is \(bound)"
        guard let limit else { return words + ".  No limit is specified" }
        let compared = compared
        if compared.limit > compared.bound { return words + ", but limit is \(limit)" }
        if let request, compared.request > compared.bound { return words + ", but request is \(request)" }
        return nil
    }

    /// The same for claims, which have only requests.
    package func maximumRequestViolation() -> String? {
        let words = "maximum \(name) usage per \(type) is \(bound)"
        guard let request else { return words + ".  No request is specified" }
        let compared = compared
        return compared.request > compared.bound ? words + ", but request is \(request)" : nil
    }

    package func ratioViolation() -> String? {
        let words = "\(name) max limit to request ratio per \(type) is \(bound), but "
        let compared = compared
        if compared.request == 0 { return words + "no request is specified or request is 0" }
        if compared.limit == 0 { return words + "no limit is specified or limit is 0" }
        // Computed in floating point like in the API server, because the outcome depends on the rounding.
        let ratio = Double(compared.limit) / Double(compared.request)
        let isFine = bound.value <= Int64.max / 1000
        let exceeds = isFine ? ratio * 1000 > Double(bound.milliValue) : ratio > Double(bound.value)
        guard exceeds else { return nil }
        return words + "provided ratio is " + Self.decimals(compared.limit, over: compared.request)
    }

    /// The quotient with six decimals, as Go's `%f` prints it.
    static func decimals(_ dividend: Int64, over divisor: Int64) -> String {
        if divisor == 0 { return dividend == 0 ? "NaN" : dividend > 0 ? "+Inf" : "-Inf" }
        let size = Int128(divisor.magnitude)
        let millionths = (Int128(dividend.magnitude) * 2_000_000 + size) / (size * 2)
        let fraction = String(millionths % 1_000_000)
        let sign = (dividend < 0) != (divisor < 0) && millionths > 0 ? "-" : ""
        return "\(sign)\(millionths / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
    }
}
