import FairleadKindRules
import FairleadRules
package import FairleadModel

/// core/v1 Endpoints. Every answer about them carries a deprecation warning, which is not the strategy's business.
package struct EndpointsStrategy: ResourceStrategy {
    package init() {}

    package func setDefaults(_ object: inout Value) {
        object.changeItems("subsets") { subset in
            subset.changeItems("ports") { $0.setDefaultText("protocol", "TCP") }
        }
    }

    package func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] {
        object.items("subsets").enumerated().flatMap { index, subset in
            Self.errors(for: subset, FieldPath("subsets").index(index))
        }
    }

    private static let lists = ["addresses", "notReadyAddresses"]

    private static func errors(for subset: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if lists.allSatisfy({ subset.items($0).isEmpty }) {
            errors.append(.required(path, "must specify `addresses` or `notReadyAddresses`"))
        }
        for list in lists {
            for (index, address) in subset.items(list).enumerated() {
                errors += addressErrors(address, path.child(list).index(index))
            }
        }
        let ports = subset.items("ports")
        for (index, port) in ports.enumerated() {
            errors += portErrors(port, needsName: ports.count > 1, path.child("ports").index(index))
        }
        return errors
    }

    /// Text that is not an address at all is reported twice, in different words.
    private static func addressErrors(_ address: Value, _ path: FieldPath) -> [FieldError] {
        let ip = address.text("ip")
        var errors = IPText.addressErrors(ip, path.child("ip"))
        let hostname = address.text("hostname")
        if !hostname.isEmpty { errors += FieldChecks.dnsLabel(hostname, path.child("hostname")) }
        if let node = address["nodeName"]?.string { errors += FieldChecks.dnsSubdomain(node, path.child("nodeName")) }
        return errors + IPText.specialAddressErrors(ip, path.child("ip"))
    }

    private static func portErrors(_ port: Value, needsName: Bool, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let name = port.text("name")
        if !name.isEmpty {
            errors += FieldChecks.dnsLabel(name, path.child("name"))
        } else if needsName {
            errors.append(.required(path.child("name")))
        }
        errors += FieldChecks.port(port["port"], path.child("port"))
        errors += ServicePortValidation.protocolErrors(port, path)
        if let text = port["appProtocol"]?.string {
            errors += FieldChecks.qualifiedName(text, path.child("appProtocol"))
        }
        return errors
    }

    package func warnings(for object: Value, old: Value?) -> [String] {
        var texts: [String] = []
        for (index, subset) in object.items("subsets").enumerated() {
            for list in Self.lists {
                for (position, address) in subset.items(list).enumerated() {
                    let path = FieldPath("subsets").index(index).child(list).index(position).child("ip")
                    texts += IPText.addressWarnings(address.text("ip"), path)
                }
            }
        }
        return texts
    }

    package var allowsCreateOnUpdate: Bool { true }
}
