import FairleadClient
import FairleadModel

/// What a Service asks of the load balancers.
struct LoadBalancerRequest: Equatable {
    struct Port: Hashable {
        var number: Int64
        var protocolName: String
    }

    var owner: ObjectName
    var families: [String]
    /// Whether the second family is wanted only if available.
    var isSecondOptional: Bool
    var addresses: [IPAddress]
    /// Texts given as addresses that are not addresses.
    var malformed: [String]
    var pool: String?
    var sharingKey: String?
    var ports: Set<Port>
    /// The pods on whose nodes traffic stays; nil if it may go to any node (`externalTrafficPolicy: Cluster`).
    var localTo: [String: String]?
    /// The addresses that its status shows.
    var written: [IPAddress]

    init(_ service: ServiceView, owner: ObjectName) {
        self.owner = owner
        families = service.ipFamilies.isEmpty ? ["IPv4"] : service.ipFamilies
        isSecondOptional = service.ipFamilyPolicy != "RequireDualStack"
        let annotations = service.annotations
        var texts = (annotations[LoadBalancerTerms.addressesAnnotation] ?? "").split(separator: ",").map {
            String($0.drop { $0 == " " }.prefix { $0 != " " })
        }
        if !service.loadBalancerIP.isEmpty { texts.append(service.loadBalancerIP) }
        addresses = texts.compactMap { IPAddress($0) }
        malformed = texts.filter { IPAddress($0) == nil }
        pool = annotations[LoadBalancerTerms.poolAnnotation].flatMap { $0.isEmpty ? nil : $0 }
        sharingKey = annotations[LoadBalancerTerms.sharingAnnotation].flatMap { $0.isEmpty ? nil : $0 }
        ports = Set(service.ports.map { Port(number: $0.number, protocolName: $0.protocolName) })
        localTo = service.externalTrafficPolicy == "Local" ? service.selector ?? [:] : nil
        written = service.ingress.compactMap { LoadBalancerIngress.address($0) }
    }

    /// The requested address of a family.
    func address(_ family: String) -> IPAddress? { addresses.first { $0.family == family } }
}
