package import FairleadModel
package import FairleadSchema

extension Kind {
    /// A version of a custom kind, as requests about its objects need it.
    package struct Custom: Sendable {
        package let definition: CustomDefinition
        package let version: CustomDefinition.Version

        package init(_ definition: CustomDefinition, _ version: CustomDefinition.Version) {
            self.definition = definition
            self.version = version
        }

        package var kind: String { definition.names.kind }
        package var apiVersion: String { "\(definition.group)/\(version.name)" }

        /// Whether what is stored is what clients of this version are shown.
        package func showsAsStored(_ object: Value) -> Bool { !version.hasDefaults && object.apiVersion == apiVersion }

        /// A stored object in this version. Conversion changes nothing but the apiVersion (strategy `None`); defaults that
        /// the schema has got since are filled in.
        package func presented(_ object: Value) -> Value {
            if showsAsStored(object) { return object }
            var result = object
            result["apiVersion"] = .string(apiVersion)
            if version.hasDefaults { version.schema.applyDefaults(to: &result) }
            return result
        }
    }
}

extension Kind {
    /// An object as clients of this kind's version see it.
    package func presented(_ object: Value) -> Value { custom?.presented(object) ?? object }

    /// An object as it is kept: custom ones in the version that their definition stores.
    package func stored(_ object: Value) -> Value {
        guard let custom, object.apiVersion != custom.definition.storageAPIVersion else { return object }
        var result = object
        result["apiVersion"] = .string(custom.definition.storageAPIVersion)
        return result
    }
}
