//! Every op can be measured: benches/ops.rs takes its arguments from the
//! definition.

use ops_nn::Registry;
use ops_nn_testkit::Inputs;

#[test]
fn every_op_can_be_called_on_its_example_grown() {
    for op in Registry::builtin().list("") {
        let inputs = Inputs::like_example(op, 100);
        let inputs = inputs.unwrap_or_else(|| panic!("{op:?} has no example"));
        let call = op.bind(inputs.args()).unwrap();
        assert!([1, 100].contains(&call.shape().len()), "{op:?}");
        call.check().unwrap();
        call.run().unwrap();
    }
}
