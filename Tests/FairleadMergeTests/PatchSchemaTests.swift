import FairleadMerge
import FairleadModel
import FairleadSchema
import Testing

/// The merge keys come from the API's own schema.
@Suite struct PatchSchemaTests {
    private func patched(_ type: String, _ target: String, _ patch: String) throws -> String {
        let types = try TypeRegistry.builtIn()
        let values = try [target, patch].map {
            try JSON.parse(Array($0.replacing("'", with: "\"").utf8)).value
        }
        let result = try StrategicMergePatch(values[1]).applied(to: values[0], typeName: type, types: types)
        return result.jsonText.replacing("\"", with: "'")
    }

    private static let service = "io.k8s.api.core.v1.Service"
    private static let deployment = "io.k8s.api.apps.v1.Deployment"

    @Test(arguments: [
        (
            service, "{'spec':{'ports':[{'port':80},{'port':443}]}}",
            "{'spec':{'ports':[{'port':9},{'port':443,'name':'x'}]}}",
            "{'spec':{'ports':[{'port':9},{'port':80},{'name':'x','port':443}]}}"
        ),
        (
            service, "{'metadata':{'finalizers':['a']}}", "{'metadata':{'finalizers':['b']}}",
            "{'metadata':{'finalizers':['b','a']}}"
        ),
        (
            service, "{'spec':{'selector':{'a':'b','c':'d'}}}", "{'spec':{'selector':{'a':null}}}",
            "{'spec':{'selector':{'c':'d'}}}"
        ),
        (
            service, "{'spec':{'externalIPs':['1.1.1.1']}}", "{'spec':{'externalIPs':['2.2.2.2']}}",
            "{'spec':{'externalIPs':['2.2.2.2']}}"
        ),
        (
            deployment,
            "{'spec':{'template':{'spec':{'containers':[{'name':'a','env':[{'name':'A','value':'1'},{'name':'B'}],"
                + "'args':['x']},{'name':'b'}]}}}}",
            "{'spec':{'template':{'spec':{'containers':[{'name':'a','env':[{'name':'B','value':'9'},{'name':'C'}],"
                + "'args':['z']}]}}}}",
            "{'spec':{'template':{'spec':{'containers':[{'args':['z'],'env':[{'name':'A','value':'1'},"
                + "{'name':'B','value':'9'},{'name':'C'}],'name':'a'},{'name':'b'}]}}}}"
        ),
        (
            deployment, "{'spec':{'strategy':{'rollingUpdate':{},'type':'RollingUpdate'}}}",
            "{'spec':{'strategy':{'$retainKeys':['type'],'type':'Recreate'}}}",
            "{'spec':{'strategy':{'type':'Recreate'}}}"
        ),
        (
            deployment, "{'status':{'conditions':[{'type':'A','status':'True'},{'type':'B'}]}}",
            "{'status':{'conditions':[{'type':'A','status':'False'}]}}",
            "{'status':{'conditions':[{'status':'False','type':'A'},{'type':'B'}]}}"
        ),
    ])
    func builtInTypesMergeByTheirKeys(type: String, target: String, patch: String, result: String) throws {
        #expect(try patched(type, target, patch) == result)
    }
}
