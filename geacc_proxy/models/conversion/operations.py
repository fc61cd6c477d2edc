"""Operations of TensorFlow that a SavedModel may have: those that compute, and those that TensorFlow saves with.

Not here, and so refused: what reads or writes files (`ReadFile`, `WriteFile`, `ImmutableConst`, `TFRecord…`), runs
Python (`PyFunc`, `EagerPyFunc`), reaches the network (`…Dataset…`, `Send`, `Recv`), prints, or looks into tables.
"""

from __future__ import annotations


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


COMPUTING = frozenset(
    _names("""
    Abs Acos Add AddN AddV2 AdjustContrast AdjustContrastv2 AdjustHue AdjustSaturation All Any ArgMax ArgMin Asin
    Assert AssignVariableOp Atan Atan2 AvgPool BatchMatMul BatchMatMulV2 BatchMatMulV3 BatchToSpaceND BiasAdd
    Bincount Bitcast BroadcastArgs BroadcastGradientArgs BroadcastTo Case Cast Ceil CheckNumerics ClipByValue Concat
    ConcatV2 Const Conv2D Conv2DBackpropInput Cos Cosh CropAndResize Cumsum DepthToSpace DepthwiseConv2dNative
    DestroyResourceOp Div DivNoNan Einsum Elu EnsureShape Enter Equal Erf Erfc Exit Exp ExpandDims Expm1
    ExtractImagePatches FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars FakeQuantWithMinMaxVarsPerChannel Fill Floor
    FloorDiv FloorMod FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 Gather GatherNd GatherV2 Greater GreaterEqual
    HSVToRGB Identity IdentityN If ImageProjectiveTransformV2 ImageProjectiveTransformV3 Inv InvertPermutation
    IsFinite IsInf IsNan L2Loss LeakyRelu Less LessEqual LinSpace Log Log1p LogicalAnd LogicalNot LogicalOr
    LogSoftmax LoopCond MatMul Max Maximum MaxPool MaxPoolV2 Mean Merge Min Minimum MirrorPad Mod Mul MulNoNan
    Multinomial Neg NextIteration NoOp NotEqual OnesLike Pack Pad PadV2 PartitionedCall Placeholder
    PlaceholderWithDefault Pow PreventGradient Prod QuantizeAndDequantizeV2 RandomShuffle RandomStandardNormal
    RandomUniform RandomUniformInt Range Rank ReadVariableOp RealDiv Reciprocal Relu Relu6 Reshape ResizeArea
    ResizeBicubic ResizeBilinear ResizeNearestNeighbor ReverseV2 RGBToHSV Rint RngReadAndSkip RngSkip Roll Round
    Rsqrt ScaleAndTranslate ScatterNd Select SelectV2 Selu Shape ShapeN Sigmoid Sign Sin Sinh Slice Softmax Softplus
    Softsign SpaceToBatchND SpaceToDepth Split SplitV Sqrt Square SquaredDifference Squeeze StatefulPartitionedCall
    StatelessCase StatelessIf StatelessMultinomial StatelessRandomGetAlg StatelessRandomGetKeyCounter
    StatelessRandomGetKeyCounterAlg StatelessRandomNormal StatelessRandomNormalV2 StatelessRandomUniform
    StatelessRandomUniformFullInt StatelessRandomUniformFullIntV2 StatelessRandomUniformInt
    StatelessRandomUniformIntV2 StatelessRandomUniformV2 StatelessTruncatedNormalV2 StatelessWhile StopGradient
    StridedSlice Sub Sum Switch Tan Tanh TensorListElementShape TensorListFromTensor TensorListGetItem
    TensorListLength TensorListReserve TensorListSetItem TensorListStack TensorScatterUpdate Tile TopKV2 Transpose
    TruncateDiv TruncatedNormal UniqueV2 Unpack VarHandleOp VarIsInitializedOp Where While Xdivy Xlogy ZerosLike
    """)
)
"""Operations that make numbers of numbers, or read the model's own variables."""

BOOKKEEPING = frozenset(
    {
        "DisableCopyOnRead",
        "MergeV2Checkpoints",
        "RestoreV2",
        "SaveV2",
        "ShardedFilename",
        "StaticRegexFullMatch",
        "StringJoin",
    }
)
"""What TensorFlow adds to save and restore a model; never called here."""
