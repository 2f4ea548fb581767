import FairleadModel

/// One column of a Table (meta/v1 TableColumnDefinition).
package struct TableColumn: Sendable {
    var name: String
    var type = "string"
    var format = ""
    package var description = ""
    /// 0 is always shown, 1 only with `-o wide`.
    var priority: Int64 = 0

    init(_ name: String, _ description: String = "", type: String = "string", format: String = "", wide: Bool = false) {
        self.name = name
        self.type = type
        self.format = format
        self.description = description
        priority = wide ? 1 : 0
    }

    var value: Value {
        [
            "name": .string(name), "type": .string(type), "format": .string(format),
            "description": .string(description), "priority": .int(priority),
        ]
    }

    static func integer(_ name: String, _ description: String = "") -> TableColumn {
        TableColumn(name, description, type: "integer")
    }

    // Columns shared by many kinds.
    static let name = TableColumn("Name", Descriptions.name, format: "name")
    static let age = TableColumn("Age", Descriptions.creationTimestamp)
    static let createdAt = TableColumn("Created At", Descriptions.creationTimestamp, type: "date")
    static let containers = TableColumn("Containers", "Names of each container in the template.", wide: true)
    static let selector = TableColumn("Selector", wide: true)
    static let images = TableColumn("Images", "Images referenced by each container in the template.", wide: true)
}

/// Documentation of Kubernetes API fields, as a real server uses it for column descriptions.
enum Descriptions {
    static let name = """
        Name must be unique within a namespace. Is required when creating resources, although some resources may \
        allow a client to request the generation of an appropriate name automatically. Name is primarily intended \
        for creation idempotence and configuration definition. Cannot be updated. More info: \
        https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names
        """
    static let creationTimestamp = """
        CreationTimestamp is a timestamp representing the server time when this object was created. It is not \
        guaranteed to be set in happens-before order across separate operations. Clients may not set this value. \
        It is represented in RFC3339 form and is in UTC.

        Populated by the system. Read-only. Null for lists. More info: \
        https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata
        """
}
