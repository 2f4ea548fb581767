package import FairleadModel

/// The strategies of everything that has to do with Services.
package let networkStrategies: [GroupResource: any ResourceStrategy] = [
    GroupResource(group: "", resource: "services"): ServiceStrategy(),
    GroupResource(group: "", resource: "endpoints"): EndpointsStrategy(),
    GroupResource(group: "discovery.k8s.io", resource: "endpointslices"): EndpointSliceStrategy(),
    GroupResource(group: "networking.k8s.io", resource: "ipaddresses"): IPAddressStrategy(),
    GroupResource(group: "networking.k8s.io", resource: "servicecidrs"): ServiceCIDRStrategy(),
    GroupResource(group: "coordination.k8s.io", resource: "leases"): LeaseStrategy(),
]
