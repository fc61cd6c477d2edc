"""Operations of TensorFlow that a SavedModel may have: those that compute, and those that TensorFlow saves with.

Not here, and so refused: what reads or writes files (`ReadFile`, `WriteFile`, `ImmutableConst`, `TFRecord…`), runs
Python (`PyFunc`, `EagerPyFunc`), reaches the network (`…Dataset…`, `Send`, `Recv`), prints, or looks into tables.
"""

from __future__ import annotations


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


COMPUTING = frozenset(
    _names("""
    Abs Add AddN AddV2 AdjustContrastv2 All Any ArgMax ArgMin Assert AssignVariableOp AvgPool BatchMatMul BatchMatMulV2
    BatchMatMulV3 BatchToSpaceND BiasAdd Bitcast BroadcastArgs BroadcastTo Cast Ceil CheckNumerics ClipByValue Concat
    ConcatV2 Const Conv2D Conv2DBackpropInput CropAndResize Cumsum DepthToSpace DepthwiseConv2dNative Div DivNoNan
    Einsum Elu EnsureShape Equal Erf Erfc Exp ExpandDims Expm1 Fill Floor FloorDiv FloorMod FusedBatchNorm
    FusedBatchNormV2 FusedBatchNormV3 Gather GatherNd GatherV2 Greater GreaterEqual Identity IdentityN
    ImageProjectiveTransformV2 ImageProjectiveTransformV3 Inv IsFinite L2Loss LeakyRelu Less LessEqual LinSpace Log
    Log1p LogSoftmax LogicalAnd LogicalNot LogicalOr MatMul Max MaxPool MaxPoolV2 Maximum Mean Min Minimum MirrorPad
    Mod Mul MulNoNan Neg NoOp NotEqual OnesLike Pack Pad PadV2 PartitionedCall Placeholder PlaceholderWithDefault Pow
    PreventGradient Prod Range Rank ReadVariableOp RealDiv Reciprocal Relu Relu6 Reshape ResizeArea ResizeBicubic
    ResizeBilinear ResizeNearestNeighbor ReverseV2 Rint Round Rsqrt ScaleAndTranslate Select SelectV2 Selu Shape ShapeN
    Sigmoid Sign Slice Softmax Softplus Softsign SpaceToBatchND SpaceToDepth Split SplitV Sqrt Square SquaredDifference
    Squeeze StatefulPartitionedCall StatelessIf If StopGradient StridedSlice Sub Sum Tanh Tile TopKV2 Transpose
    TruncateDiv Unpack VarHandleOp VarIsInitializedOp Where Xdivy Xlogy ZerosLike DestroyResourceOp
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
