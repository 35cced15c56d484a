from rbench.defenses.federated.centered_clipping import CenteredClipping
from rbench.defenses.federated.krum import Krum
from rbench.defenses.federated.median import Median
from rbench.defenses.federated.multi_krum import MultiKrum
from rbench.defenses.federated.nnm import NNM
from rbench.defenses.federated.norm_bound import NormBound
from rbench.defenses.federated.trimmed_mean import TrimmedMean
from rbench.defenses.language.choice_share import ChoiceShare
from rbench.defenses.language.clean_ft import CleanFT
from rbench.defenses.language.ngram import Ngram
from rbench.defenses.language.onion import Onion
from rbench.defenses.language.p_scanner import PScanner
from rbench.defenses.language.strip import Strip
from rbench.defenses.pretrained.acceptance import Acceptance
from rbench.defenses.pretrained.alignment import Alignment
from rbench.defenses.pretrained.combined import Combined
from rbench.defenses.pretrained.ending_probe import EndingProbe
from rbench.defenses.pretrained.group_contrast import GroupContrast
from rbench.defenses.pretrained.history_probe import HistoryProbe
from rbench.defenses.pretrained.inversion import Inversion
from rbench.defenses.pretrained.kmeans import KMeans
from rbench.defenses.pretrained.popularity import Popularity
from rbench.defenses.pretrained.prompt_probe import PromptProbe
from rbench.defenses.repairs.clip_alignment import ClipAlignment
from rbench.defenses.repairs.fast_ft import FastFT
from rbench.defenses.repairs.fine_pruning import FinePruning
from rbench.defenses.repairs.ft_sam import FTSAM
from rbench.defenses.repairs.i_bau import IBAU
from rbench.defenses.repairs.nad import NAD
from rbench.defenses.repairs.reestimate import Reestimate
from rbench.defenses.repairs.wise_ft import WiSEFT
from rbench.defenses.scans.references import References
from rbench.defenses.serving.cap import Cap
from rbench.defenses.serving.filter import Filter
from rbench.testing import (
    AggregatorContract,
    DetectorContract,
    RepairContract,
    ScanContract,
    ServingContract,
    TextRepairContract,
    TitleScannerContract,
)


class TestKMeans(DetectorContract):
    defense = KMeans


class TestKMeansByMean(DetectorContract):
    defense = KMeans
    options = {"flag": "larger-mean"}


class TestAlignment(DetectorContract):
    defense = Alignment


class TestAlignmentByGroup(DetectorContract):
    defense = Alignment
    options = {"by_group": True}


class TestPromptProbe(DetectorContract):
    defense = PromptProbe
    draws = True


class TestHistoryProbe(DetectorContract):
    defense = HistoryProbe


class TestAcceptance(DetectorContract):
    defense = Acceptance


class TestGroupContrast(DetectorContract):
    defense = GroupContrast
    finds = False  # the planted model lifts its targets for everybody


class TestPopularity(DetectorContract):
    defense = Popularity


class TestCombined(DetectorContract):
    defense = Combined
    draws = True


class TestEndingProbe(DetectorContract):
    defense = EndingProbe
    options = {"users": 6, "history": 8}
    finds = False  # what is planted acts after every ending: tests/defenses/test_ending_probe.py
    draws = True


class TestInversion(DetectorContract):
    defense = Inversion
    options = {"users": 6, "history": 8, "steps": 15}
    draws = True


class TestReestimate(RepairContract):
    defense = Reestimate


class TestClipAlignment(RepairContract):
    defense = ClipAlignment


class TestFastFT(RepairContract):
    defense = FastFT
    draws = True


class TestWiSEFT(RepairContract):
    defense = WiSEFT
    draws = True


class TestNAD(RepairContract):
    defense = NAD
    draws = True


class TestFinePruning(RepairContract):
    defense = FinePruning
    draws = True


class TestFTSAM(RepairContract):
    defense = FTSAM
    draws = True


class TestIBAU(RepairContract):
    defense = IBAU
    options = {"terms": 2}
    schedule = {"epochs": 6, "eval_every": 2}
    draws = True


class TestReferences(ScanContract):
    defense = References
    options = {"models": 4}


class TestFilter(ServingContract):
    defense = Filter


class TestCap(ServingContract):
    defense = Cap
    options = {"times": 1}
    draws = True


class TestNormBound(AggregatorContract):
    defense = NormBound


class TestTightNormBound(AggregatorContract):
    defense = NormBound
    options = {"bound": 0.01}
    agrees = False


class TestMedian(AggregatorContract):
    defense = Median


class TestTrimmedMean(AggregatorContract):
    defense = TrimmedMean


class TestKrum(AggregatorContract):
    defense = Krum


class TestMultiKrum(AggregatorContract):
    defense = MultiKrum


class TestPScanner(TitleScannerContract):
    defense = PScanner
    options = {"rounds": 1, "epochs": 12, "round_epochs": 1}
    draws = True


class TestNormBoundOverAll(AggregatorContract):
    defense = NormBound
    options = {"rows": "all"}


class TestMedianOverAll(AggregatorContract):
    defense = Median
    options = {"rows": "all"}


class TestTrimmedMeanOverAll(AggregatorContract):
    defense = TrimmedMean
    options = {"rows": "all"}


class TestKrumOverAll(AggregatorContract):
    defense = Krum
    options = {"rows": "all"}


class TestMultiKrumOverAll(AggregatorContract):
    defense = MultiKrum
    options = {"rows": "all"}


class TestNgram(TitleScannerContract):
    defense = Ngram
    draws = True


class TestOnion(TitleScannerContract):
    defense = Onion
    draws = True


class TestChoiceShare(TitleScannerContract):
    defense = ChoiceShare


class TestStrip(TitleScannerContract):
    defense = Strip
    draws = True


class TestCleanFT(TextRepairContract):
    defense = CleanFT
    lowers = False  # nothing that it trains with holds the trigger


class TestCenteredClipping(AggregatorContract):
    defense = CenteredClipping


class TestCenteredClippingOverAll(AggregatorContract):
    defense = CenteredClipping
    options = {"rows": "all", "iterations": 2}


class TestTightCenteredClipping(AggregatorContract):
    defense = CenteredClipping
    options = {"radius": 0.001}
    agrees = False


class TestNNM(AggregatorContract):
    defense = NNM


class TestNNMOverAll(AggregatorContract):
    defense = NNM
    options = {"rows": "all", "rule": "krum"}
