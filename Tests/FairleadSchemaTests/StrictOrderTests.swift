import FairleadModel
import FairleadSchema
import Testing

struct StrictOrderTests {
    @Test(arguments: [
        (
            #"{"zz":1,"metadata":{"name":"a","odd":1,"name":"b"},"zz":2,"data":{"k":"1","k":"2"}}"#,
            ["unknown zz", "unknown metadata.odd", "duplicate metadata.name", "duplicate data.k"]
        ),
        (#"{"data":{},"unknown":{"x":1,"x":2},"binaryData":{}}"#, ["unknown unknown"]),
        (
            #"{"metadata":{"ownerReferences":[{"b":1,"a":2}]}}"#,
            ["unknown metadata.ownerReferences[0].b", "unknown metadata.ownerReferences[0].a"]
        ),
        (#"{"data":{"a":"b"}}"#, []),
    ])
    func complaintsComeInTheOrderOfTheDocument(_ text: String, _ expected: [String]) throws {
        let types = try TypeRegistry.builtIn()
        let found = types.strictComplaints(about: Array(text.utf8), as: "io.k8s.api.core.v1.ConfigMap")
        #expect(
            found
                == expected.map { complaint in
                    let parts = complaint.split(separator: " ")
                    return "\(parts[0]) field \"\(parts[1])\""
                })
    }
}
